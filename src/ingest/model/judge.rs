//! Whether a face is good enough: seed 003's limits, in the order of their codes.
//!
//! What always holds: a value equal to a limit passes; a limit of 0 is none; the message tells what was
//! found and the limit in whole units, and a figure over a limit is never shown as the limit itself.

use super::{Bad, Code, Limits};

/// What was measured of the largest face of a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// Pitch, yaw and roll in degrees; `None` where the engine can't tell.
    pub pose: Option<[f64; 3]>,
    /// Pixels.
    pub width: i64,
    pub height: i64,
    /// 0 sharp to 100; `None` where it wasn't measured.
    pub blur: Option<f64>,
    /// Faces in the picture.
    pub count: usize,
}

/// What is measured, in English and Chinese.
type Named = (&'static str, &'static str);

/// The verdict on a face.
///
/// # Errors
/// The first limit that it doesn't keep.
pub fn judge(face: &Measured, limits: &Limits) -> Result<(), Bad> {
    let (pose, count) = (face.pose, face.count);
    over(Code::Pitch, ("the pitch of the face", "人脸俯仰角"), pose.map(|pose| pose[0]), limits.pitch, count)?;
    over(Code::Yaw, ("the yaw of the face", "人脸偏航角"), pose.map(|pose| pose[1]), limits.yaw, count)?;
    over(Code::Roll, ("the roll of the face", "人脸翻滚角"), pose.map(|pose| pose[2]), limits.roll, count)?;
    under(Code::Width, ("the width of the face", "人脸宽度"), face.width, limits.width, count)?;
    under(Code::Height, ("the height of the face", "人脸高度"), face.height, limits.height, count)?;
    over(Code::Blur, ("the blur of the face", "人脸模糊度"), face.blur, limits.blur, count)
}

/// 201: the picture shows nobody.
#[must_use]
pub fn no_face() -> Bad {
    Bad::new(Code::NoFace, ("there is no face in the picture", "图片不包含人脸"))
}

fn over(code: Code, what: Named, found: Option<f64>, limit: i64, count: usize) -> Result<(), Bad> {
    if limit == 0 {
        return Ok(());
    }
    let Some(found) = found else {
        let (en, zh) = what;
        let why =
            (format!("system error: the engine can't measure {en}"), format!("系统错误: 当前的人脸引擎无法测量{zh}"));
        return Err(Bad::new(Code::System, why));
    };
    // A limit is at most 180, and so is what can be above it; the next whole unit is above the limit, too.
    #[expect(clippy::cast_possible_truncation, reason = "it saturates")]
    let shown = found.abs().ceil() as i64;
    if shown <= limit {
        return Ok(());
    }
    let ((en, zh), (more, more_zh)) = (what, others(count));
    let en = format!("{en} is over the limit: {shown} > {limit}{more}");
    Err(Bad::new(code, (en, format!("{zh}超过阈值: {shown} > {limit}{more_zh}"))))
}

fn under(code: Code, what: Named, found: i64, limit: i64, count: usize) -> Result<(), Bad> {
    if found >= limit {
        return Ok(());
    }
    let ((en, zh), (more, more_zh)) = (what, others(count));
    let en = format!("{en} is under the limit: {found} < {limit}{more}");
    Err(Bad::new(code, (en, format!("{zh}小于阈值: {found} < {limit}{more_zh}"))))
}

/// How many faces there were, where the largest was not the only one.
fn others(count: usize) -> (String, String) {
    if count < 2 {
        return Default::default();
    }
    let en = format!(" (of {count} faces in the picture, the largest counts)");
    (en, format!("（图片中共 {count} 张人脸，取最大的一张）"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn face(pose: Option<[f64; 3]>, width: i64, height: i64, blur: Option<f64>) -> Measured {
        Measured { pose, width, height, blur, count: 1 }
    }

    fn message(face: &Measured, count: usize, limits: Limits) -> String {
        let bad = judge(&Measured { count, ..*face }, &limits).unwrap_err();
        format!("{} {}", bad.code.number(), bad.message.zh)
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
        assert_eq!(judge(&bad, &limits), Ok(()));
    }

    #[test]
    fn english_readers_are_told_the_same() {
        let limits = Limits { width: 80, ..Limits::default() };
        let bad = judge(&Measured { count: 3, ..face(None, 48, 48, None) }, &limits).unwrap_err();
        let told = "the width of the face is under the limit: 48 < 80 (of 3 faces in the picture, the largest counts)";
        assert_eq!(bad.message.en, told);
    }

    #[test]
    fn a_little_over_the_limit_is_shown_as_over_it() {
        let limits = Limits { yaw: 30, ..Limits::default() };
        assert_eq!(message(&face(Some([0.0, 30.2, 0.0]), 9, 9, None), 1, limits), "203 人脸偏航角超过阈值: 31 > 30");
        assert_eq!(judge(&face(Some([90.0, -30.0, 90.0]), 9, 9, None), &limits), Ok(()));
    }

    #[test]
    fn a_limit_that_nobody_can_measure_lets_no_face_in() {
        let limits = Limits { roll: 30, ..Limits::default() };
        assert!(message(&face(None, 9, 9, None), 1, limits).starts_with("303 "));
        assert_eq!(judge(&face(None, 9, 9, None), &Limits::default()), Ok(()));
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
            prop_assert_eq!(judge(&face, &limits).err().map(|bad| bad.code.number()), expected);
        }
    }
}
