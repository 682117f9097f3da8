"""Reads an export with the reader that it is made for, and prints what it found as one JSON value.

Arguments: format, path (the unpacked folder, the tar or the csv).
"""

import csv
import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"


def imagefolder(path):
    import datasets

    datasets.disable_progress_bars()
    cache = os.path.join(path, "..", "cache")
    found = {}
    for split, rows in datasets.load_dataset("imagefolder", data_dir=path, cache_dir=cache).items():
        found[split] = [
            {**{key: row[key] for key in row if key != "image"}, "size": row["image"].size} for row in rows
        ]
    return found


def coco(path):
    from PIL import Image
    from pycocotools.coco import COCO

    found = {}
    for name in ("train", "val", "test"):
        data = COCO(os.path.join(path, "annotations", f"instances_{name}.json"))
        images = []
        for image in data.loadImgs(data.getImgIds()):
            with Image.open(os.path.join(path, "images", name, image["file_name"])) as picture:
                stored = picture.size
            boxes = [
                {"class": data.loadCats(ann["category_id"])[0]["name"], "bbox": ann["bbox"], "area": ann["area"]}
                for ann in data.loadAnns(data.getAnnIds(imgIds=image["id"], iscrowd=0))
            ]
            images.append({**image, "stored": stored, "boxes": boxes})
        found[name] = {"images": images, "categories": [cat["name"] for cat in data.loadCats(data.getCatIds())]}
    return found


def yolo(path):
    import yaml
    from PIL import Image

    with open(os.path.join(path, "data.yaml"), encoding="utf-8") as file:
        data = yaml.safe_load(file)
    found = {"nc": data["nc"], "names": [data["names"][number] for number in range(data["nc"])], "sets": {}}
    for name in ("train", "val", "test"):
        if name not in data:
            continue
        folder = os.path.join(path, data[name])
        found["sets"][name] = {}
        for file in sorted(os.listdir(folder)):
            with Image.open(os.path.join(folder, file)) as picture:
                picture.load()
            # As trainers do: /images/ becomes /labels/, and the ending .txt.
            labels = os.path.splitext(os.path.join(folder, file).replace("/images/", "/labels/"))[0] + ".txt"
            with open(labels, encoding="utf-8") as text:
                found["sets"][name][file] = [[float(word) for word in line.split()] for line in text]
    return found


def manifest(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def webdataset(path):
    import webdataset as wds

    found = {}
    for sample in wds.WebDataset(path, shardshuffle=False, empty_check=False).decode("pil"):
        kinds = sorted(key for key in sample if not key.startswith("__"))
        picture = next(sample[kind] for kind in kinds if kind != "json")
        found[sample["__key__"]] = {"kinds": kinds, "size": picture.size, "json": sample["json"]}
    return found


readers = {"imagefolder": imagefolder, "coco": coco, "yolo": yolo, "csv": manifest, "webdataset": webdataset}
out = sys.stdout
# Some readers print as they go.
sys.stdout = sys.stderr
json.dump(readers[sys.argv[1]](sys.argv[2]), out)
