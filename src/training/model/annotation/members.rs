//! What an object holds beside its class (contract §4.1): `bbox`, `segmentation`, `keypoints`, `iscrowd`, `score`,
//! `attributes`.
//!
//! What always holds: what is written out again is the text that was sent, unless it had to be cut to the picture.

use serde_json::value::RawValue;

use super::boxes::{self, MIN_SIDE, Size};
use super::{Members, Object, invalid, parse, rle};
use crate::platform::error::Error;

/// Outlines or a mask.
#[derive(Debug, Clone, PartialEq)]
pub struct Segmentation {
    /// As JSON: rings `[[x,y,…],…]`, or an RLE as COCO has it.
    pub text: String,
    /// Square pixels.
    pub area: f64,
    /// The box of its points, as `bbox`.
    bounds: [f64; 4],
    /// Whether `text` isn't what was sent.
    is_cut: bool,
}

/// Named points, in the order of the task's.
#[derive(Debug, Clone, PartialEq)]
pub struct Keypoints {
    /// As JSON: `[x,y,v,…]`.
    pub text: String,
    /// Those with `v` above 0.
    pub labelled: usize,
}

/// Where an object stands, for what is said about it.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub members: &'a Members<'a>,
    pub index: usize,
    pub size: Size,
}

impl Place<'_> {
    /// Reads and checks all of it. With it the members whose text changed.
    #[expect(clippy::type_complexity, reason = "an object, and what its document says of it in JSON")]
    pub(super) fn read(self, class_no: i64) -> Result<(Object, Vec<(&'static str, String)>), Error> {
        let mut changed = Vec::new();
        let sent = self.optional("segmentation")?.map(|value| self.segmentation(value)).transpose()?.flatten();
        let bbox = match (self.optional("bbox")?, &sent) {
            (Some(value), _) => {
                let (given, kept) = self.bbox(value)?;
                let is_same = given.iter().zip(&kept).all(|(given, kept)| given.to_bits() == kept.to_bits());
                if !is_same {
                    changed.push(("bbox", json(&kept)));
                }
                kept
            }
            (None, Some(segmentation)) => boxes::fit(segmentation.bounds, self.size).ok_or_else(|| self.no_area())?,
            (None, None) => return Err(self.missing()),
        };
        changed.extend(sent.iter().filter(|sent| sent.is_cut).map(|sent| ("segmentation", sent.text.clone())));
        let object = Object {
            class_no,
            bbox,
            segmentation: sent.filter(|sent| !is_box(&sent.text, bbox)),
            keypoints: self.optional("keypoints")?.map(|value| self.keypoints(value)).transpose()?.flatten(),
            iscrowd: self.optional("iscrowd")?.map_or(Ok(false), |value| self.iscrowd(value))?,
            score: self.optional("score")?.map(|value| self.score(value)).transpose()?,
            attributes: self.optional("attributes")?.map(|value| self.attributes(value)).transpose()?,
        };
        Ok((object, changed))
    }

    /// A member that may be left out, or `null`.
    fn optional(&self, name: &str) -> Result<Option<&RawValue>, Error> {
        let mut found = self.members.0.iter().filter(|(known, _)| known == name);
        let first = found.next().map(|(_, value)| *value);
        if found.next().is_some() {
            return Err(self.refuse(name, "stands there twice", "出现了两次"));
        }
        Ok(first.filter(|value| value.get() != "null"))
    }

    /// A box as it was sent, and as it is kept.
    fn bbox(&self, value: &RawValue) -> Result<([f64; 4], [f64; 4]), Error> {
        let given: [f64; 4] = parse(value.get()).map_err(|_| {
            self.refuse("bbox", "must be four finite numbers [x, y, width, height]", "必须是四个有限的数 [x, y, w, h]")
        })?;
        let kept = boxes::fit(given, self.size).ok_or_else(|| {
            let Size { width, height } = self.size;
            self.refuse(
                "bbox",
                &format!(
                    "must lie within the picture of {width}×{height} pixels, and be at least {MIN_SIDE} pixels wide and high"
                ),
                &format!("必须位于 {width}×{height} 像素的图像之内，且宽高不小于 {MIN_SIDE} 像素"),
            )
        })?;
        Ok((given, kept))
    }

    /// `None` for an empty list, as tools write it for a plain box.
    fn segmentation(&self, value: &RawValue) -> Result<Option<Segmentation>, Error> {
        if value.get().starts_with('{') {
            return self.mask(value).map(Some);
        }
        let shape = || {
            let en =
                "must be a list of rings [x, y, x, y, …] of three points and more, or an RLE {\"size\", \"counts\"}";
            self.refuse(
                "segmentation",
                en,
                "必须是由环 [x, y, x, y, …]（至少三个点）组成的数组，或 RLE {\"size\", \"counts\"}",
            )
        };
        let sent: Vec<Vec<f64>> = parse(value.get()).map_err(|_| shape())?;
        if sent.iter().any(|ring| ring.len() < 6 || ring.len() % 2 == 1) {
            return Err(shape());
        }
        let mut kept = sent.clone();
        let Size { width, height } = self.size;
        for (place, at) in kept.iter_mut().flat_map(|ring| ring.iter_mut().enumerate()) {
            *at = boxes::fit_point(*at, if place % 2 == 0 { width } else { height }).ok_or_else(|| {
                let en = format!("must lie within the picture of {width}×{height} pixels");
                self.refuse("segmentation", &en, &format!("必须位于 {width}×{height} 像素的图像之内"))
            })?;
        }
        if kept.is_empty() {
            return Ok(None);
        }
        let is_cut = kept != sent;
        let text = if is_cut { json(&kept) } else { value.get().to_owned() };
        Ok(Some(Segmentation {
            text,
            area: kept.iter().map(|ring| ring_area(ring)).sum(),
            bounds: bounds(&kept),
            is_cut,
        }))
    }

    fn mask(&self, value: &RawValue) -> Result<Segmentation, Error> {
        #[derive(serde::Deserialize)]
        struct Rle {
            size: [u64; 2],
            counts: Counts,
        }
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Counts {
            Packed(String),
            Plain(Vec<u64>),
        }
        let Size { width, height } = self.size;
        let measured = parse::<Rle>(value.get()).ok().and_then(|Rle { size: [high, wide], counts }| {
            #[expect(clippy::cast_precision_loss, reason = "the sides of pictures are below 2^31")]
            let is_own = (wide as f64, high as f64) == (width, height);
            let runs = match counts {
                Counts::Packed(text) => rle::decompress(&text)?,
                Counts::Plain(runs) => runs,
            };
            if is_own { rle::measure(&runs, wide, high) } else { None }
        });
        let mask = measured.ok_or_else(|| {
            let en = format!("must be an RLE of the size [{height}, {width}] whose counts fill the picture");
            self.refuse(
                "segmentation",
                &en,
                &format!("必须是 size 为 [{height}, {width}] 且 counts 恰好填满图像的 RLE"),
            )
        })?;
        #[expect(clippy::cast_precision_loss, reason = "pixels of one picture")]
        let (area, bounds) = (mask.area as f64, mask.bounds.map(|at| at as f64));
        Ok(Segmentation { text: value.get().to_owned(), area, bounds, is_cut: false })
    }

    fn keypoints(&self, value: &RawValue) -> Result<Option<Keypoints>, Error> {
        let points: Option<Vec<f64>> = parse(value.get()).ok();
        let is_visibility = |v: f64| [0.0, 1.0, 2.0].contains(&v);
        let points = points.filter(|points| points.len() % 3 == 0 && points.chunks(3).all(|p| is_visibility(p[2])));
        let points = points.ok_or_else(|| {
            let en = "must be a list [x, y, v, …] of numbers, v being 0, 1 or 2";
            self.refuse("keypoints", en, "必须是由数字组成的数组 [x, y, v, …]，v 为 0、1 或 2")
        })?;
        let labelled = points.chunks(3).filter(|point| point[2] > 0.0).count();
        Ok((!points.is_empty()).then(|| Keypoints { text: value.get().to_owned(), labelled }))
    }

    fn iscrowd(&self, value: &RawValue) -> Result<bool, Error> {
        match value.get() {
            "0" => Ok(false),
            "1" => Ok(true),
            _ => Err(self.refuse("iscrowd", "must be 0 or 1", "必须是 0 或 1")),
        }
    }

    fn score(&self, value: &RawValue) -> Result<String, Error> {
        let score: Option<f64> = parse(value.get()).ok();
        match score.filter(|score| (0.0..=1.0).contains(score)) {
            Some(_) => Ok(value.get().to_owned()),
            None => Err(self.refuse("score", "must be a number from 0 to 1", "必须是 0 到 1 之间的数")),
        }
    }

    fn attributes(&self, value: &RawValue) -> Result<String, Error> {
        if value.get().starts_with('{') {
            return Ok(value.get().to_owned());
        }
        Err(self.refuse("attributes", "must be an object", "必须是 JSON 对象"))
    }

    fn no_area(&self) -> Error {
        let en = "covers less than a thousandth of a pixel in width or height, and there is no bbox";
        self.refuse("segmentation", en, "的宽或高小于千分之一像素，且没有 bbox")
    }

    fn missing(&self) -> Error {
        let index = self.index;
        invalid(
            &format!("objects[{index}] must have a bbox or a segmentation"),
            &format!("objects[{index}] 必须有 bbox 或 segmentation"),
        )
    }

    fn refuse(&self, name: &str, en: &str, zh: &str) -> Error {
        let index = self.index;
        invalid(&format!("objects[{index}].{name} {en}"), &format!("objects[{index}].{name} {zh}"))
    }
}

/// The area that a ring encloses (the shoelace formula).
fn ring_area(ring: &[f64]) -> f64 {
    let points: Vec<&[f64]> = ring.chunks(2).collect();
    let next = points.iter().cycle().skip(1);
    points.iter().zip(next).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum::<f64>().abs() / 2.0
}

fn bounds(rings: &[Vec<f64>]) -> [f64; 4] {
    let side = |offset: usize| {
        let along = || rings.iter().flat_map(|ring| ring.iter().skip(offset).step_by(2).copied());
        let from = along().fold(f64::INFINITY, f64::min);
        (from, along().fold(f64::NEG_INFINITY, f64::max) - from)
    };
    let ((x, width), (y, height)) = (side(0), side(1));
    [x, y, width, height]
}

/// Whether this is one ring of exactly the box's four corners, which some tools write for each box.
fn is_box(text: &str, [x, y, width, height]: [f64; 4]) -> bool {
    let Ok([ring]) = parse::<[Vec<f64>; 1]>(text) else {
        return false;
    };
    let is_at = |at: f64, side: f64| (at - side).abs() < 1e-6;
    let is_corner = |point: &[f64]| {
        (is_at(point[0], x) || is_at(point[0], x + width)) && (is_at(point[1], y) || is_at(point[1], y + height))
    };
    // Four corners that enclose the whole box are four different ones in their order.
    ring.len() == 8 && ring.chunks(2).all(is_corner) && is_at(ring_area(&ring), width * height)
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
