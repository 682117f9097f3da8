//! Which engine runs and what it can tell, for the page that describes this server.

use crate::platform::error::Message;
use crate::platform::web::about::Part;

use super::model::Ability;

/// The part of this room.
pub fn part(ability: &Ability) -> Part {
    let row = |name: (&'static str, &'static str), value: (&'static str, &'static str)| (name.into(), value.into());
    let measured = |is: bool| if is { ("measured", "可测量") } else { ("not measured", "不可测量") };
    let kept = if ability.embedded { ("this server", "本服务器") } else { ("the face server", "人脸服务器") };
    let engine: Message = (ability.name, ability.name).into();
    Part {
        title: ("Faces", "人脸").into(),
        rows: vec![
            (("Engine", "引擎").into(), engine),
            row(("Pose of the head", "头部姿态"), measured(ability.pose)),
            row(("Blur", "模糊度"), measured(ability.blur)),
            row(("Faces are kept by", "人脸保存于"), kept),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::web::lang::Lang;

    #[test]
    fn the_page_tells_what_the_engine_can_measure() {
        let part = part(&Ability { name: "seetaface", pose: false, blur: true, embedded: true });
        let values: Vec<&str> = part.rows.iter().map(|(_, value)| value.text(Lang::En)).collect();
        assert_eq!(values, ["seetaface", "not measured", "measured", "this server"]);
    }
}
