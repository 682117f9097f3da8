"""Reads an export with the reader that it is made for, and prints what it found as one JSON value.

Arguments: reader, path (the unpacked folder, the tar or the csv). `torchvision` and `ultralytics` run in the Python of
requirements-torch.txt, the others in that of requirements.txt.
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
            boxes = []
            for ann in data.loadAnns(data.getAnnIds(imgIds=image["id"])):
                told = {key: ann[key] for key in ann if key not in ("id", "image_id", "category_id")}
                # A mask of every annotation, as trainers make it, in the size of the picture as displayed.
                mask = data.annToMask(ann)
                told["mask"] = {"size": list(mask.shape), "pixels": int(mask.sum())}
                boxes.append({"class": data.loadCats(ann["category_id"])[0]["name"], **told})
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


def webdataset_in_datasets(path):
    import datasets

    datasets.disable_progress_bars()
    cache = path + ".cache"
    rows = datasets.load_dataset("webdataset", data_files={"train": path}, split="train", cache_dir=cache)
    kinds = {name: type(feature).__name__ for name, feature in rows.features.items() if not name.startswith("__")}
    picture = next(name for name in kinds if name != "json")
    samples = {row["__key__"]: {"size": row[picture].size, "json": row["json"]} for row in rows}
    return {"kinds": kinds, "samples": samples}


def csv_by_guessing(path):
    import pandas

    table = pandas.read_csv(path)
    return {"columns": list(table.columns), "rows": len(table), "x": [None if x != x else x for x in table["x"]]}


def image_folder():
    """`ImageFolder` of the newest torchvision, which wants a newer torch than Debian's in its other modules."""
    import importlib.util
    import types

    for name in ("torchvision", "torchvision.datasets"):
        spec = importlib.util.find_spec(name)
        package = sys.modules[name] = types.ModuleType(name)
        package.__path__ = list(spec.submodule_search_locations)
    sys.modules["torchvision"].get_image_backend = lambda: "PIL"
    from torchvision.datasets.folder import ImageFolder

    return ImageFolder


def torchvision(path):
    ImageFolder, found = image_folder(), {}
    for name in ("train", "val", "test"):
        folder = ImageFolder(os.path.join(path, name), allow_empty=True)
        sizes = [picture.size for picture, _ in folder]
        files = [os.path.relpath(file, folder.root) for file, _ in folder.samples]
        found[name] = {"classes": folder.class_to_idx, "sizes": sizes, "files": files, "targets": folder.targets}
    return found


def ultralytics(path):
    config = os.environ["YOLO_CONFIG_DIR"] = os.environ["MPLCONFIGDIR"] = os.path.join(path, "..", "config")
    os.environ["YOLO_OFFLINE"] = "true"
    # Else it would ask for them on the net.
    for place in (config, os.path.join(config, "Ultralytics")):
        os.makedirs(place, exist_ok=True)
        for font in ("Arial.ttf", "Arial.Unicode.ttf"):
            open(os.path.join(place, font), "a").close()
    from ultralytics.data.utils import check_det_dataset, img2label_paths, verify_image_label

    data = check_det_dataset(os.path.join(path, "data.yaml"), autodownload=False)
    found = {"nc": data["nc"], "names": [data["names"][number] for number in range(data["nc"])], "sets": {}}
    for name in ("train", "val", "test"):
        files = [os.path.join(data[name], file) for file in sorted(os.listdir(data[name]))]
        checked = [
            verify_image_label((file, label, "", False, data["nc"], 0, 0, False))
            for file, label in zip(files, img2label_paths(files))
        ]
        found["sets"][name] = {
            os.path.basename(file): {"boxes": [] if result[1] is None else result[1].tolist(), "said": result[-1]}
            for file, result in zip(files, checked)
        }
    return found


readers = {
    "imagefolder": imagefolder,
    "coco": coco,
    "yolo": yolo,
    "csv": manifest,
    "csv_by_guessing": csv_by_guessing,
    "webdataset": webdataset,
    "webdataset_in_datasets": webdataset_in_datasets,
    "torchvision": torchvision,
    "ultralytics": ultralytics,
}
out = sys.stdout
# Some readers print as they go.
sys.stdout = sys.stderr
json.dump(readers[sys.argv[1]](sys.argv[2]), out)
