//! From YuNet's twelve outputs to faces.
//!
//! At each of three strides, every cell of a grid over the picture may see a face: two scores from 0 to 1, where it is from the cell,
//! how large, and where its landmarks are. What always holds: of boxes that overlap by more than [`OVERLAP`], the surest stays.

use crate::faces::model::pose::Landmarks;

/// Pixels between the cells of the three grids.
pub(super) const STRIDES: [u32; 3] = [8, 16, 32];

/// How sure the model must be. OpenCV's examples take 0.6 to 0.9; nearly all true faces reach 0.7, few false ones do.
const SURE: f64 = 0.7;

/// The part that two boxes share, of all they cover, above which they are one face.
const OVERLAP: f64 = 0.3;

/// A face, in pixels of what the model looked at.
pub(super) struct Face {
    /// Left, top, right, bottom.
    pub(super) place: [f64; 4],
    pub(super) points: Landmarks,
    /// 0 to 1.
    pub(super) score: f64,
}

/// What a run gave: `cls`, `obj`, `bbox`, `kps`, each for all strides, and the size of what was looked at.
pub(super) struct Outputs<'a> {
    pub(super) tensors: &'a [Vec<f32>],
    pub(super) size: (usize, usize),
}

impl Outputs<'_> {
    /// The faces, the surest first; `None` where the outputs don't have the sizes of YuNet's.
    pub(super) fn faces(&self) -> Option<Vec<Face>> {
        let mut faces = Vec::new();
        for (grid, stride) in STRIDES.into_iter().enumerate() {
            let tensor = |kind: usize| self.tensors.get(kind * STRIDES.len() + grid);
            let (cls, obj, bbox, kps) = (tensor(0)?, tensor(1)?, tensor(2)?, tensor(3)?);
            let columns = self.size.0 / stride as usize;
            let cells = columns * (self.size.1 / stride as usize);
            let (places, points) = (bbox.as_chunks::<4>().0, kps.as_chunks::<10>().0);
            if [cls.len(), obj.len(), places.len(), points.len()] != [cells; 4] {
                return None;
            }
            for (cell, ((cls, obj), (place, points))) in cls.iter().zip(obj).zip(places.iter().zip(points)).enumerate()
            {
                let score = (f64::from(cls.clamp(0.0, 1.0)) * f64::from(obj.clamp(0.0, 1.0))).sqrt();
                if score >= SURE {
                    faces.push(face([cell % columns, cell / columns], f64::from(stride), place, points, score));
                }
            }
        }
        Some(surest(faces))
    }
}

#[expect(clippy::cast_precision_loss, reason = "a grid has few cells")]
fn face(cell: [usize; 2], stride: f64, place: &[f32; 4], points: &[f32; 10], score: f64) -> Face {
    let [column, row] = cell.map(|at| at as f64);
    let [dx, dy, width, height] = place.map(f64::from);
    let (x, y) = ((column + dx) * stride, (row + dy) * stride);
    let (half_width, half_height) = (width.exp() * stride / 2.0, height.exp() * stride / 2.0);
    let mut landmarks = Landmarks::default();
    for (landmark, point) in landmarks.iter_mut().zip(points.as_chunks::<2>().0) {
        *landmark = [(f64::from(point[0]) + column) * stride, (f64::from(point[1]) + row) * stride];
    }
    let place = [x - half_width, y - half_height, x + half_width, y + half_height];
    Face { place, points: landmarks, score }
}

/// Leaves out what overlaps with a surer one.
fn surest(mut faces: Vec<Face>) -> Vec<Face> {
    faces.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Face> = Vec::new();
    for face in faces {
        if kept.iter().all(|other| overlap(&face.place, &other.place) <= OVERLAP) {
            kept.push(face);
        }
    }
    kept
}

fn overlap(a: &[f64; 4], b: &[f64; 4]) -> f64 {
    let area = |[left, top, right, bottom]: [f64; 4]| (right - left).max(0.0) * (bottom - top).max(0.0);
    let both = area([a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])]);
    both / (area(*a) + area(*b) - both)
}
