//! Loading and decoding with a model that is written here, byte by byte; and with real ones, where there are some.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::type_complexity,
    reason = "small numbers"
)]

use super::*;
use crate::faces::engine::samples::shared;
use crate::faces::model::FaceBox;
use image::Rgb;

/// A message of protocol buffers as it grows.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push((value & 0x7F) as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn int(mut self, field: u64, value: i64) -> Self {
        self.varint(field << 3);
        self.varint(value as u64);
        self
    }

    fn bytes(mut self, field: u64, bytes: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
        self
    }

    fn text(self, field: u64, text: &str) -> Self {
        self.bytes(field, text.as_bytes())
    }

    fn message(self, field: u64, message: Message) -> Self {
        self.bytes(field, &message.0)
    }
}

fn tensor(name: &str, kind: i64, dims: &[i64], raw: &[u8]) -> Message {
    let shape = dims.iter().fold(Message::default(), |message, &dim| message.int(1, dim));
    shape.int(2, kind).text(8, name).bytes(9, raw)
}

fn floats(name: &str, dims: &[i64], values: &[f32]) -> Message {
    tensor(name, 1, dims, &values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>())
}

fn node(kind: &str, inputs: &[&str], output: &str, ints: &[(&str, &[i64])]) -> Message {
    let node = inputs.iter().fold(Message::default(), |message, input| message.text(1, input));
    let node = node.text(2, output).text(3, output).text(4, kind);
    ints.iter().fold(node, |node, (name, values)| {
        let attribute = values.iter().fold(Message::default().text(1, name), |message, &value| message.int(8, value));
        node.message(5, attribute.int(20, 7))
    })
}

fn value(name: &str, dims: &[Option<i64>]) -> Message {
    let shape = dims.iter().enumerate().fold(Message::default(), |shape, (at, dim)| {
        let dim = match dim {
            Some(size) => Message::default().int(1, *size),
            None => Message::default().text(2, &format!("side{at}")),
        };
        shape.message(1, dim)
    });
    Message::default()
        .text(1, name)
        .message(2, Message::default().message(1, Message::default().int(1, 1).message(2, shape)))
}

/// One output: a convolution over whole cells, then `[1, cells, channels]`.
fn output(mut graph: Message, name: &str, stride: i64, weights: &[[f32; 3]], bias: &[f32]) -> Message {
    let channels = bias.len() as i64;
    let area = (stride * stride) as usize;
    let weights: Vec<f32> = weights.iter().flatten().flat_map(|&weight| vec![weight / area as f32; area]).collect();
    let named = |part: &str| format!("{name}.{part}");
    let [weight, offset, shape, cells, rows] = ["weight", "offset", "shape", "cells", "rows"].map(named);
    let sides: &[i64] = &[stride, stride];
    let to = [1, -1, channels].iter().flat_map(|dim: &i64| dim.to_le_bytes()).collect::<Vec<_>>();
    graph = graph
        .message(1, node("Conv", &["input", &weight, &offset], &cells, &[("kernel_shape", sides), ("strides", sides)]))
        .message(1, node("Transpose", &[&cells], &rows, &[("perm", &[0, 2, 3, 1])]))
        .message(1, node("Reshape", &[&rows, &shape], name, &[]))
        .message(5, floats(&weight, &[channels, 3, stride, stride], &weights))
        .message(5, floats(&offset, &[channels], bias))
        .message(5, tensor(&shape, 7, &[3], &to));
    graph.message(12, value(name, &[Some(1), None, Some(channels)]))
}

/// The landmarks of the small model, in cells: a face that looks straight ahead.
const POINTS: [f32; 10] = [-0.5, 0.0, 1.5, 0.0, 0.5, 1.04, -0.33, 2.0, 1.33, 2.0];

/// A model with YuNet's inputs and outputs that takes every red cell of 16 pixels for a face three cells wide and four high.
fn red_finder(size: [Option<i64>; 2], without: &str) -> Vec<u8> {
    let mut graph =
        Message::default().text(2, "red").message(11, value("input", &[Some(1), Some(3), size[0], size[1]]));
    for stride in [8, 16, 32] {
        // Blue, green, red: as the model is fed.
        let red = if stride == 16 { 1.0 / 255.0 } else { 0.0 };
        let place = [0.5, 0.5, 3.0_f32.ln(), 4.0_f32.ln()];
        let parts: [(&str, Vec<[f32; 3]>, &[f32]); 4] = [
            ("cls", vec![[-red, 0.0, red]], &[0.0]),
            ("obj", vec![[0.0; 3]], &[1.0]),
            ("bbox", vec![[0.0; 3]; 4], &place),
            ("kps", vec![[0.0; 3]; 10], &POINTS),
        ];
        for (kind, weights, bias) in parts {
            let name = format!("{kind}_{stride}");
            if name != without {
                graph = output(graph, &name, stride, &weights, bias);
            }
        }
    }
    let opset = Message::default().text(1, "").int(2, 13);
    Message::default().int(1, 7).message(7, graph).message(8, opset).0
}

/// A black picture with a red cell at these pixels.
fn with_red(width: u32, height: u32, at: (u32, u32), side: u32) -> RgbImage {
    let mut pixels = RgbImage::new(width, height);
    imageops::replace(&mut pixels, &RgbImage::from_pixel(side, side, Rgb([255, 0, 0])), at.0.into(), at.1.into());
    pixels
}

#[test]
fn faces_are_decoded_where_they_are() {
    for size in [[None, None], [Some(320), Some(320)], [Some(64), Some(96)]] {
        let engine = Yunet::load(red_finder(size, "")).unwrap();
        let faces = engine.look(&with_red(90, 60, (48, 32), 16)).unwrap();
        assert_eq!(faces.len(), 1, "{size:?}");
        // The cell's middle is (56, 40); the box is 48×64, and the picture ends at 60.
        assert_eq!(faces[0].place, FaceBox { x: 32, y: 8, width: 48, height: 52 }, "{size:?}");
        assert!(faces[0].score > 0.99);
        let pose = faces[0].pose.unwrap();
        assert!(pose.pitch.abs() < 3.0 && pose.yaw.abs() < 0.1 && pose.roll.abs() < 0.1, "{pose:?}");
        assert!(faces[0].blur.is_some());
    }
}

#[test]
fn large_pictures_are_fitted_in_and_boxes_scaled_back() {
    // 1280×640 becomes 640×320, or 320×160 with black below.
    for (size, factor) in [([None, None], 2), ([Some(320), Some(320)], 4)] {
        let engine = Yunet::load(red_finder(size, "")).unwrap();
        let cell = 16 * factor;
        let faces = engine.look(&with_red(1280, 640, (5 * cell, 4 * cell), cell)).unwrap();
        let (middle_x, middle_y) = (i64::from(5 * cell + cell / 2), i64::from(4 * cell + cell / 2));
        let (width, height) = (i64::from(3 * cell), i64::from(4 * cell));
        let place = FaceBox { x: middle_x - width / 2, y: middle_y - height / 2, width, height };
        assert_eq!(faces.iter().map(|face| face.place).collect::<Vec<_>>(), [place], "{size:?}");
    }
}

#[test]
fn neighbours_are_one_face_and_far_ones_two() {
    let engine = Yunet::load(red_finder([None, None], "")).unwrap();
    let mut pixels = with_red(400, 300, (96, 96), 16);
    imageops::replace(&mut pixels, &with_red(16, 16, (0, 0), 16), 112, 96);
    assert_eq!(engine.look(&pixels).unwrap().len(), 1);
    imageops::replace(&mut pixels, &with_red(16, 16, (0, 0), 16), 320, 160);
    assert_eq!(engine.look(&pixels).unwrap().len(), 2);
    let blue = RgbImage::from_pixel(400, 300, Rgb([0, 0, 255]));
    assert!(engine.look(&blue).unwrap().is_empty());
    assert!(engine.look(&RgbImage::new(1, 1)).unwrap().is_empty());
}

#[test]
fn runs_go_side_by_side() {
    let engine = Yunet::load(red_finder([None, None], "")).unwrap();
    let pixels = with_red(200, 200, (96, 96), 16);
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| engine.look(&pixels).unwrap().len())).collect();
        assert!(runs.into_iter().all(|run| run.join().unwrap() == 1));
    });
    assert!(engine.0.lock().len() <= 4);
}

#[test]
fn a_wrong_file_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut large = red_finder([None, None], "");
    large.truncate(700);
    for (bytes, says) in [
        (b"hello".to_vec(), "not a model"),
        (Vec::new(), "not a model"),
        (large, "not a"),
        (red_finder([None, None], "kps_16"), "no output kps_16"),
        (red_finder([Some(100), Some(100)], ""), "multiples of 32"),
    ] {
        let file = folder.path().join("model.onnx");
        std::fs::write(&file, bytes).unwrap();
        let line = Yunet::new(&file).err().unwrap();
        assert!(line.starts_with("faces.model = ") && line.contains(says) && !line.contains('\n'), "{line}");
    }
    let line = Yunet::new(&folder.path().join("nowhere.onnx")).err().unwrap();
    assert!(line.contains("nowhere.onnx") && line.contains("No such file"), "{line}");
}

#[rocket::async_test]
async fn real_models_where_there_are_some() {
    for name in ["yunet_s_320_320.onnx", "yunet_s_640_640.onnx"] {
        let Some(model) = shared(name) else { continue };
        let engine = Yunet::load(model).unwrap();
        for (name, count, around) in
            [("astronaut.png", 1, (222, 115)), ("portrait.jpg", 1, (488, 241)), ("coffee.png", 0, (0, 0))]
        {
            let Some(bytes) = shared(name) else { continue };
            let picture = Arc::new(engine.open(Arc::new(bytes)).unwrap());
            let faces = engine.detect(&picture).await.unwrap();
            assert_eq!(faces.len(), count, "{name}: {faces:?}");
            let Some(Detected { place, pose, .. }) = faces.first() else { continue };
            assert!((place.x..place.x + place.width).contains(&around.0), "{name}: {place:?}");
            assert!((place.y..place.y + place.height).contains(&around.1), "{name}: {place:?}");
            let pose = pose.unwrap();
            assert!([pose.pitch, pose.yaw, pose.roll].iter().all(|angle| angle.abs() < 15.0), "{name}: {pose:?}");
        }
    }
}
