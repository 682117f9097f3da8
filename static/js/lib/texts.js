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
  noPreview: "The file can’t be looked at now.",
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
  noPreview: "暂时无法预览该文件。",
};

export const lang = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
export const t = lang === "zh" ? zh : en;
