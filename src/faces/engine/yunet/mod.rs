//! `yunet`: YuNet (2023mar) from an `.onnx` file that the operator brings: boxes, five landmarks, and from those the pose.
//!
//! What always holds: the file was tried once before the server starts; each run has one thread of its own, so the caller decides how
//! many processors are busy.
//!
//! YuNet under-reads roll: of a face turned by 35° it places the landmarks as of one turned by 13° to 33°. A limit on roll lets
//! some through that are turned further.

mod decode;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use image::{RgbImage, imageops};
use rten::{Dimension, Model, NodeId, RunOptions, ThreadPool};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, Tensor};

use crate::faces::model::pose::pose;
use crate::faces::model::{Ability, Detected};

use super::{Addition, Engine, Picture, Unanswered, blur, clipped, largest_first, scale};
use decode::{Face, Outputs, STRIDES};

/// The longest side that a picture is looked at, where the model takes any size.
const SIDE: u32 = 640;

/// What a model that takes any size still wants its sides to be multiples of.
const MULTIPLE: u32 = 32;

/// The engine with its model; cheap to clone.
#[derive(Clone)]
pub struct Yunet(Arc<Inner>);

struct Inner {
    model: Model,
    input: NodeId,
    /// `cls`, `obj`, `bbox`, `kps`, each for all strides.
    outputs: [NodeId; 4 * STRIDES.len()],
    /// Width and height, where the model insists.
    size: Option<(u32, u32)>,
    /// Pools of one thread that wait for a run.
    idle: Mutex<Vec<Arc<ThreadPool>>>,
}

impl Yunet {
    /// Loads the model and tries it.
    ///
    /// # Errors
    /// One line that names the file and what is wrong with it.
    pub fn new(file: &Path) -> Result<Self, String> {
        let line = |why: String| format!("faces.model = {}: {}", file.display(), why.replace('\n', " "));
        let bytes = std::fs::read(file).map_err(|error| line(error.to_string()))?;
        Self::load(bytes).map_err(line)
    }

    fn load(bytes: Vec<u8>) -> Result<Self, String> {
        let model = Model::load(bytes).map_err(|error| format!("not a model that can be run: {error}"))?;
        let not_yunet = |why: &str| format!("not a YuNet model of 2023mar: {why}");
        let &[input] = model.input_ids() else {
            return Err(not_yunet("it has not one input"));
        };
        let size = size(model.input_shape(0)).map_err(not_yunet)?;
        let mut outputs = [input; 4 * STRIDES.len()];
        let names =
            ["cls", "obj", "bbox", "kps"].into_iter().flat_map(|kind| STRIDES.map(|stride| format!("{kind}_{stride}")));
        for (output, name) in outputs.iter_mut().zip(names) {
            *output = model.node_id(&name).map_err(|_| not_yunet(&format!("it has no output {name}")))?;
        }
        let engine = Self(Arc::new(Inner { model, input, outputs, size, idle: Mutex::default() }));
        let (width, height) = size.unwrap_or((2 * MULTIPLE, MULTIPLE));
        engine.0.run(&RgbImage::new(width, height))?;
        Ok(engine)
    }

    /// All faces of a picture, the largest first. Blocks.
    ///
    /// # Errors
    /// When the model can't be run on it.
    pub fn look(&self, pixels: &RgbImage) -> Result<Vec<Detected>, String> {
        let (canvas, factor) = self.0.canvas(pixels);
        let found = self.0.run(&canvas)?.into_iter().filter_map(|face| {
            let place = clipped(face.place.map(|value| value * factor), pixels.dimensions())?;
            let blur = Some(blur::blur(pixels, place));
            Some(Detected { place, pose: pose(&face.points), blur, score: face.score })
        });
        Ok(largest_first(found.collect()))
    }
}

/// The size that the model's input insists on, by its shape: one picture, three channels, height, width.
fn size(shape: Option<Vec<Dimension>>) -> Result<Option<(u32, u32)>, &'static str> {
    let shape = shape.unwrap_or_default();
    let [_, channels, height, width] = shape.as_slice() else {
        return Err("its input isn't a picture");
    };
    if matches!(channels, Dimension::Fixed(channels) if *channels != 3) {
        return Err("its input hasn't three channels");
    }
    let fixed = |side: &Dimension| match side {
        Dimension::Fixed(side) => u32::try_from(*side).ok().filter(|side| (1..=4096).contains(side)),
        Dimension::Symbolic(_) => None,
    };
    match (fixed(width), fixed(height)) {
        (Some(width), Some(height)) if width % MULTIPLE == 0 && height % MULTIPLE == 0 => Ok(Some((width, height))),
        (Some(_), Some(_)) => Err("the sides of its input aren't multiples of 32"),
        _ => Ok(None),
    }
}

impl Inner {
    /// The picture as the model wants it, with black to the right and below, and how many of its pixels make one of the model's.
    fn canvas(&self, pixels: &RgbImage) -> (RgbImage, f64) {
        let (width, height) = pixels.dimensions();
        let (most_width, most_height) = self.size.unwrap_or((SIDE, SIDE));
        let factor =
            (f64::from(width) / f64::from(most_width)).max(f64::from(height) / f64::from(most_height)).max(1.0);
        let longest = f64::from(width.max(height)) / factor;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 4096")]
        let fitted = scale::fitted(width, height, longest.round() as u32);
        let (width, height) = (fitted.0.min(most_width), fitted.1.min(most_height));
        let up = |side: u32| side.next_multiple_of(MULTIPLE);
        let (full_width, full_height) = self.size.unwrap_or((up(width), up(height)));
        let mut canvas = RgbImage::new(full_width, full_height);
        imageops::replace(&mut canvas, &scale::scaled_rgb(pixels, width, height), 0, 0);
        (canvas, factor)
    }

    /// Runs the model on a picture of its size.
    fn run(&self, canvas: &RgbImage) -> Result<Vec<Face>, String> {
        let (width, height) = (canvas.width() as usize, canvas.height() as usize);
        // Planes of blue, green and red, 0 to 255.
        let samples = canvas.as_raw().as_chunks::<3>().0;
        let planes =
            [2, 1, 0].into_iter().flat_map(|channel| samples.iter().map(move |pixel| f32::from(pixel[channel])));
        let input = NdTensor::from_data([1, 3, height, width], planes.collect::<Vec<_>>());
        let pool = self.lock().pop().unwrap_or_else(|| Arc::new(ThreadPool::with_num_threads(1)));
        let options = RunOptions::default().with_thread_pool(Some(pool.clone()));
        let outcome = self.model.run(vec![(self.input, input.view().into())], &self.outputs, Some(options));
        self.lock().push(pool);
        let values = outcome.map_err(|error| format!("the model can't be run: {error}"))?;
        let mut tensors = Vec::with_capacity(values.len());
        for value in values {
            let tensor: Tensor<f32> =
                value.try_into().map_err(|_| "the model's output isn't made of numbers".to_owned())?;
            tensors.push(tensor.to_vec());
        }
        Outputs { tensors: &tensors, size: (width, height) }
            .faces()
            .ok_or_else(|| "the model's outputs have wrong sizes".to_owned())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<ThreadPool>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[rocket::async_trait]
impl Engine for Yunet {
    fn ability(&self) -> Ability {
        Ability { name: "yunet", pose: true, blur: true, embedded: true }
    }

    async fn detect(&self, picture: &Picture) -> Result<Vec<Detected>, Unanswered> {
        picture.pixels.as_ref().map_or(Ok(Vec::new()), |pixels| self.look(pixels)).map_err(Unanswered)
    }

    async fn add(&self, _: &Addition) -> Result<Option<String>, Unanswered> {
        Ok(None)
    }

    async fn remove(&self, _: &str, _: &str) -> Result<(), Unanswered> {
        Ok(())
    }
}
