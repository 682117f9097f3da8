//! Whether a face is good enough: seed 003's limits, in the order of their codes.
//!
//! What always holds: a value equal to a limit passes; a limit of 0 is none; the message tells what was
//! found and the limit in whole units, and a figure over a limit is never shown as the limit itself.

use super::{Bad, Code, Limits};
use crate::faces::model::Detected;

/// The verdict on the largest face of a picture that has `count` faces.
///
/// # Errors
/// The first limit that it doesn't keep.
pub fn judge(face: &Detected, count: usize, limits: &Limits) -> Result<(), Bad> {
    let pose = face.pose.as_ref();
    over(Code::Pitch, "人脸俯仰角", pose.map(|pose| pose.pitch), limits.pitch, count)?;
    over(Code::Yaw, "人脸偏航角", pose.map(|pose| pose.yaw), limits.yaw, count)?;
    over(Code::Roll, "人脸翻滚角", pose.map(|pose| pose.roll), limits.roll, count)?;
    under(Code::Width, "人脸宽度", face.place.width, limits.width, count)?;
    under(Code::Height, "人脸高度", face.place.height, limits.height, count)?;
    over(Code::Blur, "人脸模糊度", face.blur, limits.blur, count)
}

/// 201: the picture shows nobody.
#[must_use]
pub fn no_face() -> Bad {
    Bad::new(Code::NoFace, "图片不包含人脸")
}

fn over(code: Code, what: &str, found: Option<f64>, limit: i64, count: usize) -> Result<(), Bad> {
    if limit == 0 {
        return Ok(());
    }
    let Some(found) = found else {
        return Err(Bad::system(format_args!("当前的人脸引擎无法测量{what}")));
    };
    // A limit is at most 180, and so is what can be above it; the next whole unit is above the limit, too.
    #[expect(clippy::cast_possible_truncation, reason = "it saturates")]
    let shown = found.abs().ceil() as i64;
    if shown <= limit {
        return Ok(());
    }
    Err(Bad::new(code, format!("{what}超过阈值: {shown} > {limit}{}", others(count))))
}

fn under(code: Code, what: &str, found: i64, limit: i64, count: usize) -> Result<(), Bad> {
    if found >= limit {
        return Ok(());
    }
    Err(Bad::new(code, format!("{what}小于阈值: {found} < {limit}{}", others(count))))
}

/// How many faces there were, where the largest was not the only one.
fn others(count: usize) -> String {
    if count > 1 { format!("（图片中共 {count} 张人脸，取最大的一张）") } else { String::new() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::faces::model::{FaceBox, Pose};

    fn face(pose: Option<[f64; 3]>, width: i64, height: i64, blur: Option<f64>) -> Detected {
        let pose = pose.map(|[pitch, yaw, roll]| Pose { pitch, yaw, roll });
        Detected { place: FaceBox { x: 0, y: 0, width, height }, pose, blur, score: 1.0 }
    }

    fn message(face: &Detected, count: usize, limits: Limits) -> String {
        let bad = judge(face, count, &limits).unwrap_err();
        format!("{} {}", bad.code.number(), bad.message)
    }

    #[test]
    fn limits_are_asked_in_the_order_of_their_codes() {
        let bad = face(Some([31.0, -41.0, 51.0]), 48, 49, Some(90.0));
        let mut limits = Limits { pitch: 30, yaw: 40, roll: 50, width: 80, height: 80, blur: 60 };
        assert_eq!(message(&bad, 1, limits), "202 人脸俯仰角超过阈值: 31 > 30");
        limits.pitch = 31;
        assert_eq!(message(&bad, 1, limits), "203 人脸偏航角超过阈值: 41 > 40");
        limits.yaw = 0;
        assert_eq!(message(&bad, 1, limits), "204 人脸翻滚角超过阈值: 51 > 50");
        limits.roll = 180;
        assert_eq!(message(&bad, 1, limits), "205 人脸宽度小于阈值: 48 < 80");
        limits.width = 48;
        assert_eq!(message(&bad, 3, limits), "206 人脸高度小于阈值: 49 < 80（图片中共 3 张人脸，取最大的一张）");
        limits.height = 49;
        assert_eq!(message(&bad, 1, limits), "207 人脸模糊度超过阈值: 90 > 60");
        limits.blur = 90;
        assert_eq!(judge(&bad, 1, &limits), Ok(()));
    }

    #[test]
    fn a_little_over_the_limit_is_shown_as_over_it() {
        let limits = Limits { yaw: 30, ..Limits::default() };
        assert_eq!(message(&face(Some([0.0, 30.2, 0.0]), 9, 9, None), 1, limits), "203 人脸偏航角超过阈值: 31 > 30");
        assert_eq!(judge(&face(Some([90.0, -30.0, 90.0]), 9, 9, None), 1, &limits), Ok(()));
    }

    #[test]
    fn a_limit_that_nobody_can_measure_lets_no_face_in() {
        let limits = Limits { roll: 30, ..Limits::default() };
        assert!(message(&face(None, 9, 9, None), 1, limits).starts_with("303 "));
        assert_eq!(judge(&face(None, 9, 9, None), 1, &Limits::default()), Ok(()));
    }

    proptest! {
        #[test]
        fn a_face_passes_exactly_within_all_limits(
            pose in [-180.0..180.0_f64, -180.0..180.0_f64, -180.0..180.0_f64],
            size in [0..300_i64, 0..300_i64],
            blur in 0.0..100.0_f64,
            most in [0..=180_i64, 0..=180_i64, 0..=180_i64],
            least in [0..300_i64, 0..300_i64],
            most_blur in 0..=100_i64,
        ) {
            let limits = Limits {
                pitch: most[0], yaw: most[1], roll: most[2], width: least[0], height: least[1], blur: most_blur,
            };
            let face = face(Some(pose), size[0], size[1], Some(blur));
            #[allow(clippy::cast_precision_loss)]
            let within = |value: f64, limit: i64| limit == 0 || value.abs() <= limit as f64;
            let checks = [
                (202, within(pose[0], most[0])),
                (203, within(pose[1], most[1])),
                (204, within(pose[2], most[2])),
                (205, size[0] >= least[0]),
                (206, size[1] >= least[1]),
                (207, within(blur, most_blur)),
            ];
            let expected = checks.iter().find(|(_, passes)| !passes).map(|(code, _)| *code);
            prop_assert_eq!(judge(&face, 1, &limits).err().map(|bad| bad.code.number()), expected);
        }
    }
}
