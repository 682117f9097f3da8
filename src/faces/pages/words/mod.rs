//! What this room's pages say, in each language. One struct: a language that lacks a text doesn't compile.

mod counted;

pub use counted::*;

use crate::platform::web::lang::Lang;

/// Every fixed text of this room's pages in one language.
#[derive(Debug)]
pub struct Words {
    pub clear_filter: &'static str,
    pub copied: &'static str,
    pub copy: &'static str,
    pub created: &'static str,
    pub delete_face: &'static str,
    pub delete_group: &'static str,
    pub delete_now: &'static str,
    pub delete_warning: &'static str,
    pub from_task: &'static str,
    pub go_ingest: &'static str,
    pub groups_title: &'static str,
    pub keep_it: &'static str,
    pub kept_elsewhere: &'static str,
    pub more: &'static str,
    pub more_actions: &'static str,
    pub no_faces: &'static str,
    pub no_faces_hint: &'static str,
    pub no_groups: &'static str,
    pub no_groups_hint: &'static str,
    pub no_match: &'static str,
    pub place: &'static str,
    pub search_faces: &'static str,
    pub search_groups: &'static str,
    pub tag: &'static str,
    pub tasks_of_group: &'static str,
    pub type_name: &'static str,
    pub untagged: &'static str,
    pub wrong_name: &'static str,
}

impl Words {
    /// The words of a language.
    #[must_use]
    pub fn of(lang: Lang) -> &'static Self {
        match lang {
            Lang::En => &EN,
            Lang::Zh => &ZH,
        }
    }
}

static EN: Words = Words {
    clear_filter: "Show all",
    copied: "Copied",
    copy: "Copy",
    created: "made",
    delete_face: "Delete face",
    delete_group: "Delete group",
    delete_now: "Delete for good",
    delete_warning: "This can’t be undone.",
    from_task: "From task",
    go_ingest: "To ingest",
    groups_title: "Face groups",
    keep_it: "Keep it",
    kept_elsewhere: "Kept by the face server",
    more: "Show more",
    more_actions: "More actions",
    no_faces: "No face is in this group",
    no_faces_hint: "Faces come in by ingest tasks that name this group.",
    no_groups: "No face group yet",
    no_groups_hint: "A group is made by the first ingest task that names it: a CSV of picture addresses, tags and descriptions.",
    no_match: "Nothing found",
    place: "Place in the picture",
    search_faces: "Search tags and descriptions",
    search_groups: "Search face groups",
    tag: "Tag",
    tasks_of_group: "Ingest tasks",
    type_name: "Type the name of the group to delete it",
    untagged: "no tag",
    wrong_name: "That isn’t the name of this group.",
};

static ZH: Words = Words {
    clear_filter: "显示全部",
    copied: "已复制",
    copy: "复制",
    created: "创建于",
    delete_face: "删除人脸",
    delete_group: "删除人脸库",
    delete_now: "彻底删除",
    delete_warning: "删除后无法恢复。",
    from_task: "来自任务",
    go_ingest: "前往入库",
    groups_title: "人脸库",
    keep_it: "保留",
    kept_elsewhere: "由人脸服务保存",
    more: "显示更多",
    more_actions: "更多操作",
    no_faces: "此人脸库中没有人脸",
    no_faces_hint: "指定该人脸库的入库任务会把人脸存入这里。",
    no_groups: "还没有人脸库",
    no_groups_hint: "首个指定它的入库任务会创建人脸库：上传一个 CSV，每行是图片地址、标签和描述。",
    no_match: "没有找到",
    place: "图中位置",
    search_faces: "搜索标签和描述",
    search_groups: "搜索人脸库",
    tag: "标签",
    tasks_of_group: "入库任务",
    type_name: "请输入人脸库名称以确认删除",
    untagged: "无标签",
    wrong_name: "与此人脸库的名称不符。",
};
