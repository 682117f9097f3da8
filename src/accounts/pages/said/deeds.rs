//! What can be done here, in words, by the method and route that do it.

/// Something that can be done; `{}` is the thing.
pub struct Deed {
    /// What was done, and to do it, in English.
    pub done: &'static str,
    pub wanted: &'static str,
    /// To do it, in Chinese.
    pub zh: &'static str,
    /// Method and route, as the log has them, or a command.
    pub actions: &'static [&'static str],
}

/// All of them.
pub const DEEDS: &[Deed] = &[
    Deed { done: "signed in", wanted: "sign in", zh: "登录", actions: &["POST /login"] },
    Deed {
        done: "minted the token {}",
        wanted: "mint the token {}",
        zh: "创建令牌{}",
        actions: &["POST /account/tokens", "token add"],
    },
    Deed {
        done: "revoked the token {}",
        wanted: "revoke the token {}",
        zh: "吊销令牌{}",
        actions: &["POST /account/tokens/<id>/revoke", "token revoke"],
    },
    Deed {
        done: "made an upload link for the tag {}",
        wanted: "make an upload link for the tag {}",
        zh: "为标签{}创建上传链接",
        actions: &["POST /account/links"],
    },
    Deed {
        done: "changed the password",
        wanted: "change the password",
        zh: "修改密码",
        actions: &["POST /account/password"],
    },
    Deed {
        done: "ended a session",
        wanted: "end a session",
        zh: "结束一个登录会话",
        actions: &["POST /account/sessions/<id>/end"],
    },
    Deed {
        done: "moved the file {} to the trash",
        wanted: "move the file {} to the trash",
        zh: "把文件{}移入回收站",
        actions: &["DELETE /api/v1/files/<id>", "POST /files/<id>/trash"],
    },
    Deed {
        done: "restored the file {}",
        wanted: "restore the file {}",
        zh: "恢复文件{}",
        actions: &["POST /api/v1/files/<id>/restore", "POST /files/<id>/restore"],
    },
    Deed {
        done: "deleted the face group {}",
        wanted: "delete the face group {}",
        zh: "删除人脸库{}",
        actions: &["DELETE /api/v1/groups/<name>", "POST /groups/<name>/delete"],
    },
    Deed {
        done: "deleted a face of the group {}",
        wanted: "delete a face of the group {}",
        zh: "删除人脸库{}中的一张人脸",
        actions: &["DELETE /api/v1/groups/<name>/faces/<id>", "POST /groups/<name>/faces/<id>/delete"],
    },
    Deed {
        done: "moved the tag {} to the trash",
        wanted: "move the tag {} to the trash",
        zh: "把标签{}移入回收站",
        actions: &["DELETE /api/v1/tags/<tag>", "POST /tags/<tag>/delete"],
    },
    Deed {
        done: "changed the settings of the tag {}",
        wanted: "change the settings of the tag {}",
        zh: "修改标签{}的设置",
        actions: &["PUT /api/v1/tags/<tag>/settings", "POST /tags/<tag>/settings"],
    },
    Deed {
        done: "moved files of the tag {} to the trash",
        wanted: "move files of the tag {} to the trash",
        zh: "把标签{}的文件移入回收站",
        actions: &["POST /tags/<tag>/trash"],
    },
    Deed {
        done: "brought files of the tag {} back",
        wanted: "bring files of the tag {} back",
        zh: "撤销对标签{}的删除",
        actions: &["POST /tags/<tag>/undo"],
    },
    Deed {
        done: "uploaded to the tag {}",
        wanted: "upload to the tag {}",
        zh: "上传到标签{}",
        actions: &[
            "POST /tags/<tag>/upload",
            "POST /upload/<tag>",
            "POST /upload/<tag>/<name>",
            "PUT /upload/<tag>/<name>",
            "POST /upload/<tag>/link/files",
        ],
    },
    Deed {
        done: "deleted files of the trash for ever",
        wanted: "delete files of the trash for ever",
        zh: "彻底删除回收站中的文件",
        actions: &["POST /trash/purge"],
    },
    Deed {
        done: "restored files of the trash",
        wanted: "restore files of the trash",
        zh: "恢复回收站中的文件",
        actions: &["POST /trash/restore"],
    },
    Deed {
        done: "made the ingest task {}",
        wanted: "make the ingest task {}",
        zh: "创建入库任务{}",
        actions: &["POST /ingest", "POST /v1/tasks/create"],
    },
    Deed {
        done: "started the ingest task {}",
        wanted: "start the ingest task {}",
        zh: "启动入库任务{}",
        actions: &["POST /ingest/<id>/start", "GET /v1/tasks/<id>/start", "POST /v1/tasks/<id>/start"],
    },
    Deed {
        done: "stopped the ingest task {}",
        wanted: "stop the ingest task {}",
        zh: "停止入库任务{}",
        actions: &["POST /ingest/<id>/stop", "GET /v1/tasks/<id>/stop", "POST /v1/tasks/<id>/stop"],
    },
    Deed {
        done: "deleted the ingest task {}",
        wanted: "delete the ingest task {}",
        zh: "删除入库任务{}",
        actions: &["POST /ingest/<id>/delete", "GET /v1/tasks/<id>/delete", "POST /v1/tasks/<id>/delete"],
    },
    Deed {
        done: "made the task {}",
        wanted: "make the task {}",
        zh: "创建任务{}",
        actions: &["POST /tasks", "POST /training/tasks"],
    },
    Deed {
        done: "deleted the task {}",
        wanted: "delete the task {}",
        zh: "删除任务{}",
        actions: &["POST /tasks/<id>/delete", "DELETE /training/tasks/<task_id>"],
    },
    Deed {
        done: "copied the task {}",
        wanted: "copy the task {}",
        zh: "复制任务{}",
        actions: &["POST /tasks/<id>/copy", "POST /training/tasks/duplication"],
    },
    Deed {
        done: "added a label class to the task {}",
        wanted: "add a label class to the task {}",
        zh: "为任务{}添加标签类",
        actions: &["POST /tasks/<id>/classes", "POST /training/tasks/<task_id>/classes"],
    },
    Deed {
        done: "changed a label class of the task {}",
        wanted: "change a label class of the task {}",
        zh: "修改任务{}的标签类",
        actions: &["POST /tasks/<id>/classes/<class>", "PUT /training/tasks/<task_id>/classes/<class>"],
    },
    Deed {
        done: "deleted a label class of the task {}",
        wanted: "delete a label class of the task {}",
        zh: "删除任务{}的标签类",
        actions: &["POST /tasks/<id>/classes/<class>/delete", "DELETE /training/tasks/<task_id>/classes/<class>"],
    },
    Deed {
        done: "deleted images of the task {}",
        wanted: "delete images of the task {}",
        zh: "删除任务{}的图像",
        actions: &["POST /tasks/<id>/images/delete"],
    },
    Deed {
        done: "restored images of the task {}",
        wanted: "restore images of the task {}",
        zh: "恢复任务{}的图像",
        actions: &["POST /tasks/<id>/images/restore"],
    },
    Deed {
        done: "imported a tag into the task {}",
        wanted: "import a tag into the task {}",
        zh: "向任务{}导入标签",
        actions: &["POST /tasks/<id>/import", "POST /training/tasks/<task_id>/import"],
    },
    Deed {
        done: "split the task {}",
        wanted: "split the task {}",
        zh: "划分任务{}",
        actions: &["POST /tasks/<id>/split", "PUT /training/tasks/sets"],
    },
    Deed {
        done: "sent files to a task",
        wanted: "send files to a task",
        zh: "把文件送入任务",
        actions: &["POST /tasks/send"],
    },
    Deed {
        done: "sent the bytes of images",
        wanted: "send the bytes of images",
        zh: "上传图像内容",
        actions: &["POST /training/files/<img_id>", "PUT /training/files/<img_id>"],
    },
    Deed {
        done: "registered images",
        wanted: "register images",
        zh: "登记图像",
        actions: &["POST /training/files/files"],
    },
    Deed {
        done: "deleted images", wanted: "delete images", zh: "删除图像", actions: &["PUT /training/files/files"]
    },
    Deed {
        done: "restored images",
        wanted: "restore images",
        zh: "恢复图像",
        actions: &["POST /training/files/restore"],
    },
    Deed {
        done: "labelled images",
        wanted: "label images",
        zh: "标注图像",
        actions: &["PUT /training/images/<img_id>/annotation"],
    },
    Deed {
        done: "sent parts of images",
        wanted: "send parts of images",
        zh: "上传图像附件",
        actions: &[
            "PUT /training/images/<img_id>/dl",
            "PUT /training/images/<img_id>/mask",
            "PUT /training/images/<img_id>/roi",
        ],
    },
    Deed {
        done: "grouped images",
        wanted: "group images",
        zh: "为图像分组",
        actions: &["PUT /training/images/<img_id>/group"],
    },
    Deed {
        done: "set the state of images",
        wanted: "set the state of images",
        zh: "修改图像状态",
        actions: &["PUT /training/images/<img_id>/state"],
    },
    Deed {
        done: "read the audit log", wanted: "read the audit log", zh: "查看审计日志", actions: &["GET /audit"]
    },
    Deed { done: "added the user {}", wanted: "add the user {}", zh: "添加用户{}", actions: &["user add"] },
    Deed {
        done: "set the password of the user {}",
        wanted: "set the password of the user {}",
        zh: "设置用户{}的密码",
        actions: &["user passwd"],
    },
    Deed {
        done: "disabled the user {}", wanted: "disable the user {}", zh: "停用用户{}", actions: &["user disable"]
    },
    Deed { done: "enabled the user {}", wanted: "enable the user {}", zh: "启用用户{}", actions: &["user enable"] },
];
