// What scripts say, in both languages; a test holds their keys together.
const en = {
  waiting: "waiting",
  retrying: "trying again",
  paused: "paused",
  stored: "stored",
  same: "there already",
  failed: "failed",
  refused: "refused",
  offline: "no network",
  left: "left",
  allDone: "all stored",
  selected: "selected",
  cleared: "Selection cleared",
  moreLoaded: "More files loaded",
  fileToUpload: "file to upload",
  filesToUpload: "files to upload",
  readLikeThis: "; its first rows are read like this:",
  noRows: "; there is no row in it.",
};

const zh = {
  waiting: "等待中",
  retrying: "正在重试",
  paused: "已暂停",
  stored: "已存入",
  same: "已存在",
  failed: "失败",
  refused: "被拒绝",
  offline: "网络已断开",
  left: "剩余",
  allDone: "全部存入",
  selected: "个已选",
  cleared: "已取消选择",
  moreLoaded: "已载入更多文件",
  fileToUpload: "个文件待上传",
  filesToUpload: "个文件待上传",
  readLikeThis: "，前几行读取如下：",
  noRows: "，没有数据行。",
};

export const lang = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
export const t = lang === "zh" ? zh : en;
