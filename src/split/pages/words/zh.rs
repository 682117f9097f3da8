//! The words of splitting in Chinese.

use super::Words;

/// Chinese.
pub static ZH: Words = Words {
    back: "返回任务",
    by: "方式",
    counts: "图像数量",
    counts_hint: "三个数之和须等于任务的图像总数，训练集至少一张。",
    empty: "没有可划分的图像",
    empty_hint: "请先导入图像。",
    group: "同组不拆分",
    group_hint: "相同或近似的图片以及同一组的图像不会分到两个集合。",
    lock: "锁定测试集",
    lock_hint: "测试集中的图像在本次及以后的划分中保持不变。",
    number_rule: "请填写整数。",
    only: "仅未划分的图像",
    seed: "种子",
    seed_hint: "相同的种子和图像得到相同的划分；留空则随机选取。",
    seed_rule: "种子为 0 到 9007199254740991 的整数。",
    slider_first: "训练集的终点",
    slider_second: "验证集的终点",
    split: "划分",
    stratify: "类别均衡",
    stratify_hint: "每个类别在各集合中的占比保持一致，误差不超过一张。",
    testing: "测试",
    title: "划分图像",
    training: "训练",
    unheld: "上次划分中，以下图像未能按外观归组：",
    use_nearest: "改用此划分",
    verifying: "验证",
    working: "正在划分…",
};
