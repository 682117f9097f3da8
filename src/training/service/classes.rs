//! Label classes.

use std::collections::HashSet;

use super::{Training, lock_task, store, touch};
use crate::platform::ids::Id;
use crate::training::model::{Code, Fault, LabelClass, NewClass, Result};

impl Training {
    /// The first of `count` consecutive ids that no other class gets.
    ///
    /// # Errors
    /// When the database can't be written.
    pub async fn draw_class_ids(&self, count: i64) -> Result<i64> {
        let mut tx = self.inner.db.begin().await?;
        let first = store::classes::draw_ids(&mut tx, count).await?;
        tx.commit().await?;
        Ok(first)
    }

    /// Adds a class behind the others. Its id.
    ///
    /// # Errors
    /// 1002; 1005 when the task has a class of that name.
    pub async fn add_class(&self, task: Id, new: NewClass) -> Result<i64> {
        let now = self.inner.clock.now_ms();
        let mut tx = self.inner.db.begin().await?;
        let task = lock_task(&mut tx, task).await?;
        let classes = store::classes::list(&mut tx, task.id).await?;
        check_free(&classes, &new.name, None)?;
        let last_order = classes.last().map_or(0, |class| class.order_id);
        let id = store::classes::insert(&mut tx, task.id, &[new], task.last_class_no, last_order, now).await?;
        touch(&mut tx, task.id, false).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Changes the name, the colour or both.
    ///
    /// # Errors
    /// 1002; 1003 when the task has no such class; 1005 when another one has that name.
    pub async fn change_class(&self, task: Id, id: i64, name: Option<&str>, color: Option<&str>) -> Result<()> {
        let mut tx = self.inner.db.begin().await?;
        lock_task(&mut tx, task).await?;
        let classes = store::classes::list(&mut tx, task).await?;
        let class = find(&classes, id)?;
        let (name, color) = (name.unwrap_or(&class.name), color.unwrap_or(&class.color));
        check_free(&classes, name, Some(id))?;
        store::classes::update(&mut tx, id, name, color).await?;
        touch(&mut tx, task, false).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Removes a class; those behind it move up.
    ///
    /// # Errors
    /// 1002; 1003 when the task has no such class; 1016 while annotations name it.
    pub async fn delete_class(&self, task: Id, id: i64) -> Result<()> {
        let mut tx = self.inner.db.begin().await?;
        lock_task(&mut tx, task).await?;
        let classes = store::classes::list(&mut tx, task).await?;
        let class = find(&classes, id)?;
        let uses = store::classes::uses(&mut tx, task, class.class_no).await?;
        if uses > 0 {
            let en = format!("The annotations of {uses} images (deleted ones included) name this class.");
            let zh = format!("有 {uses} 张图像（含已删除的）的标注使用了该标签类");
            return Err(Fault::new(Code::WrongState, (en, zh)));
        }
        store::classes::delete(&mut tx, task, class).await?;
        touch(&mut tx, task, false).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// No two classes of a new task have one name.
pub(super) fn check_names(classes: &[NewClass]) -> Result<()> {
    let mut names = HashSet::new();
    match classes.iter().find(|class| !names.insert(&class.name)) {
        Some(NewClass { name, .. }) => {
            let message = (format!("Two label classes are named {name:?}."), format!("标签类名“{name}”重复"));
            Err(Fault::new(Code::NameTwice, message))
        }
        None => Ok(()),
    }
}

fn check_free(classes: &[LabelClass], name: &str, except: Option<i64>) -> Result<()> {
    let is_taken = classes.iter().any(|class| class.name == name && Some(class.id) != except);
    if is_taken { Err(taken(name)) } else { Ok(()) }
}

fn taken(name: &str) -> Fault {
    let message = (format!("There is a label class {name:?} already."), format!("标签类“{name}”已存在"));
    Fault::new(Code::Exists, message)
}

fn find(classes: &[LabelClass], id: i64) -> Result<&LabelClass> {
    let missing =
        || Fault::new(Code::NotHere, (format!("This task has no label class {id}."), format!("该任务没有标签类 {id}")));
    classes.iter().find(|class| class.id == id).ok_or_else(missing)
}
