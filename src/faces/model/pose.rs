//! How a head is turned, from five points of a face.
//!
//! A model head's five points are turned, scaled and moved until they lie as near as they can to the points found (least squares,
//! scaled orthographic: no perspective). What always holds: the nose decides about depth, so its place is what pitch and yaw hang on.
//!
//! Signs: yaw is positive where the face looks to the picture's right, pitch where it looks up, roll where the head leans
//! clockwise. Yaw and pitch say where the face looks; roll is its turn around that line.

use super::Pose;

/// Eyes, nose, corners of the mouth, those on the picture's left first: `[x, y]` in pixels, y downwards.
pub type Landmarks = [[f64; 2]; 5];

/// The model head: x right, y down, z away from the camera, in distances between the eyes. Its mouth stands as high as that of
/// a face with a slight smile: detectors place the corners of smiling mouths higher, which would else read as looking down.
const HEAD: [[f64; 3]; 5] =
    [[-0.5, 0.0, 0.0], [0.5, 0.0, 0.0], [0.0, 0.52, -0.43], [-0.415, 1.0, -0.03], [0.415, 1.0, -0.03]];

/// The fit converges within a handful of steps; this many are cheap.
const STEPS: usize = 15;

/// The longest step in radians: near enough to stay on this side of the head.
const LONGEST: f64 = 0.5;

type Matrix = [[f64; 3]; 3];

/// The pose of the face with these points; `None` where they don't make a face (all in one place, or not numbers).
#[must_use]
pub fn pose(points: &Landmarks) -> Option<Pose> {
    let (head, points) = (centred(HEAD), centred(*points));
    let spread: f64 = points.iter().flatten().map(|value| value * value).sum();
    if !spread.is_finite() || spread < 1e-6 {
        return None;
    }
    let [left, right, ..] = points;
    let mut turn = around(2, (right[1] - left[1]).atan2(right[0] - left[0]));
    for _ in 0..STEPS {
        let step = step(&head, &points, &turn)?;
        let length = step.iter().map(|part| part * part).sum::<f64>().sqrt();
        let part = if length > LONGEST { LONGEST / length } else { 1.0 };
        for (axis, angle) in step.into_iter().enumerate() {
            turn = product(&around(axis, angle * part), &turn);
        }
    }
    Some(angles(&turn))
}

fn centred<const N: usize>(points: [[f64; N]; 5]) -> [[f64; N]; 5] {
    let mut mean = [0.0; N];
    for point in &points {
        for (mean, value) in mean.iter_mut().zip(point) {
            *mean += value / 5.0;
        }
    }
    points.map(|mut point| {
        for (value, mean) in point.iter_mut().zip(&mean) {
            *value -= mean;
        }
        point
    })
}

/// One step of Gauss and Newton: small turns around x, y and z that bring the head nearer to the points.
fn step(head: &[[f64; 3]; 5], points: &Landmarks, turn: &Matrix) -> Option<[f64; 3]> {
    let turned = head.map(|point| turn.map(|row| row[0] * point[0] + row[1] * point[1] + row[2] * point[2]));
    let along: f64 = turned.iter().zip(points).map(|(head, point)| head[0] * point[0] + head[1] * point[1]).sum();
    let scale = along / turned.iter().map(|head| head[0] * head[0] + head[1] * head[1]).sum::<f64>();
    // Normal equations of four unknowns, the scale last, with the right side behind them.
    let mut sums = [[0.0; 5]; 4];
    for ([x, y, z], point) in turned.iter().zip(points) {
        for equation in [
            [0.0, scale * z, -scale * y, *x, point[0] - scale * x],
            [-scale * z, 0.0, scale * x, *y, point[1] - scale * y],
        ] {
            for (sums, factor) in sums.iter_mut().zip(equation) {
                for (sum, value) in sums.iter_mut().zip(equation) {
                    *sum += factor * value;
                }
            }
        }
    }
    solved(sums).map(|[x, y, z, _]| [x, y, z])
}

/// Gauss's elimination; `None` where the equations don't say enough.
fn solved(mut rows: [[f64; 5]; 4]) -> Option<[f64; 4]> {
    for at in 0..4 {
        let best = (at..4).max_by(|&a, &b| rows[a][at].abs().total_cmp(&rows[b][at].abs()))?;
        rows.swap(at, best);
        let pivot = rows[at];
        if pivot[at].abs() < 1e-12 || !pivot[at].is_finite() {
            return None;
        }
        for (_, row) in rows.iter_mut().enumerate().filter(|(other, _)| *other != at) {
            let factor = row[at] / pivot[at];
            for (value, pivot) in row.iter_mut().zip(pivot) {
                *value -= factor * pivot;
            }
        }
    }
    Some([0, 1, 2, 3].map(|at| rows[at][4] / rows[at][at]))
}

/// A turn around one of the axes.
fn around(axis: usize, angle: f64) -> Matrix {
    let (sine, cosine) = angle.sin_cos();
    match axis {
        0 => [[1.0, 0.0, 0.0], [0.0, cosine, -sine], [0.0, sine, cosine]],
        1 => [[cosine, 0.0, sine], [0.0, 1.0, 0.0], [-sine, 0.0, cosine]],
        _ => [[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]],
    }
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    a.map(|row| [0, 1, 2].map(|column| row[0] * b[0][column] + row[1] * b[1][column] + row[2] * b[2][column]))
}

fn angles(turn: &Matrix) -> Pose {
    // Where the nose points.
    let [x, y, z] = turn.map(|row| -row[2]);
    let (yaw, pitch) = (x.atan2(-z), (-y).clamp(-1.0, 1.0).asin());
    // What is left when the look is taken back.
    let rest = product(&product(&around(0, pitch), &around(1, yaw)), turn);
    let roll = rest[1][0].atan2(rest[0][0]);
    Pose { pitch: pitch.to_degrees(), yaw: yaw.to_degrees(), roll: roll.to_degrees() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The turn of a head with this pose; the inverse of [`angles`].
    fn turn(pose: Pose) -> Matrix {
        let look = product(&around(1, -pose.yaw.to_radians()), &around(0, -pose.pitch.to_radians()));
        product(&look, &around(2, pose.roll.to_radians()))
    }

    /// Repeatable numbers from -1 to 1, near to normal when summed.
    struct Noise(u64);

    impl Noise {
        fn even(&mut self) -> f64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            f64::from(u32::try_from(self.0 >> 33).unwrap()) / f64::from(1_u32 << 30) - 1.0
        }

        fn normal(&mut self, deviation: f64) -> f64 {
            (0..12).map(|_| self.even() / 2.0).sum::<f64>() * deviation
        }
    }

    /// The five points of a head in front of a camera: perspective, another person's face, and points not quite found.
    fn seen(pose: Pose, noise: &mut Noise, strangeness: f64) -> Landmarks {
        let distance = 14.0 + 6.0 * noise.even();
        let [wide, long] = [0; 2].map(|_| 1.0 + noise.normal(0.05 * strangeness));
        let rows = turn(pose);
        HEAD.map(|[x, y, z]| {
            let own = [x * wide, y * long, z].map(|value| value + noise.normal(0.015 * strangeness));
            let [x, y, z] = rows.map(|row| row[0] * own[0] + row[1] * own[1] + row[2] * own[2]);
            let near = distance / (distance + z);
            [x, y].map(|value| 400.0 + 80.0 * value * near + noise.normal(0.8 * strangeness))
        })
    }

    #[test]
    fn angles_and_turns_are_inverse() {
        for pose in [(20.0, -30.0, 15.0), (-45.0, 45.0, -45.0), (0.0, 0.0, 80.0)] {
            let pose = Pose { pitch: pose.0, yaw: pose.1, roll: pose.2 };
            let back = angles(&turn(pose));
            assert!(
                (back.pitch - pose.pitch).abs() + (back.yaw - pose.yaw).abs() + (back.roll - pose.roll).abs() < 1e-9
            );
        }
    }

    #[test]
    fn signs_are_as_described() {
        let of = |points: Landmarks| pose(&points).unwrap();
        let front = [[0.0, 0.0], [60.0, 0.0], [30.0, 31.0], [5.0, 60.0], [55.0, 60.0]];
        let plain = of(front);
        assert!(plain.pitch.abs() < 5.0 && plain.yaw.abs() < 1e-6 && plain.roll.abs() < 1e-6, "{plain:?}");
        let mut right = front;
        right[2][0] += 12.0;
        assert!(of(right).yaw > 10.0);
        let mut up = front;
        up[2][1] -= 8.0;
        assert!(of(up).pitch > plain.pitch + 5.0);
        let clockwise = front.map(|[x, y]| [x * 0.866 - y * 0.5, x * 0.5 + y * 0.866]);
        assert!((of(clockwise).roll - 30.0).abs() < 0.1);
    }

    #[test]
    fn synthetic_heads_are_read_to_three_degrees() {
        let mut noise = Noise(7);
        let (mut errors, count) = ([0.0; 3], 3000);
        for _ in 0..count {
            let [pitch, yaw, roll] = [0; 3].map(|_| 45.0 * noise.even());
            let found = pose(&seen(Pose { pitch, yaw, roll }, &mut noise, 1.0)).unwrap();
            for (error, off) in errors.iter_mut().zip([found.pitch - pitch, found.yaw - yaw, found.roll - roll]) {
                *error += off.abs() / f64::from(count);
            }
        }
        assert!(errors.iter().sum::<f64>() / 3.0 < 3.2, "{errors:?}");
        assert!(errors.iter().all(|&error| error < 4.5), "{errors:?}");
    }

    #[test]
    fn a_head_like_the_model_is_read_closely() {
        let mut noise = Noise(3);
        for step in -8..=8 {
            let angle = f64::from(step) * 5.0;
            for (pitch, yaw, roll) in [(angle, 0.0, 0.0), (0.0, angle, 0.0), (0.0, 0.0, angle), (angle, -angle, angle)]
            {
                let found = pose(&seen(Pose { pitch, yaw, roll }, &mut noise, 0.0)).unwrap();
                let off = (found.pitch - pitch).abs().max((found.yaw - yaw).abs()).max((found.roll - roll).abs());
                assert!(off < 6.0, "{pitch} {yaw} {roll}: {found:?}");
            }
        }
    }

    #[test]
    fn no_face_has_no_pose() {
        assert!(pose(&[[3.0, 3.0]; 5]).is_none());
        assert!(pose(&[[f64::NAN, 0.0]; 5]).is_none());
    }
}
