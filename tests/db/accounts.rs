//! The story of the stores of accounts: names, sessions, tokens and the log, on both databases.

use std::collections::HashSet;

use granary::accounts::model::{Entry, LineFilter, NewToken, TokenKind};
use granary::accounts::service::{Accounts, Attempt};
use granary::platform::clock::Clock;
use granary::platform::config::Secret;
use granary::platform::error::Error;
use granary::platform::names::Name;
use granary::platform::web::guards::{Credentials, Grant, Kind, Need, Role};

use crate::on_both_engines;
use crate::world::{Engine, World};

on_both_engines!(
    names_are_one_whatever_their_case,
    what_opened_a_door_opens_it_no_more,
    alike_lines_become_one_and_pages_follow_each_other,
);

const PASSWORD: &str = "rye and wheat";

fn password() -> Secret {
    Secret(PASSWORD.to_owned())
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn attempt(name: &str) -> Attempt {
    Attempt { name: name.to_owned(), password: password(), address: None, agent: "浏览器".repeat(300) }
}

fn accounts(world: &World) -> Accounts {
    Accounts::new(world.db.clone(), world.ids.clone(), Clock::Fixed(world.now.clone()))
}

async fn names_are_one_whatever_their_case(engine: Engine) {
    let world = World::new(engine).await;
    let accounts = accounts(&world);
    assert!(!accounts.are_shut().await.unwrap());
    // Two that come at once: one of them is the first, and the admin.
    let (one, two) = (name("管理员 Ünal"), name("walker"));
    let (one, two) = tokio::join!(accounts.add_user(&one, None, password()), accounts.add_user(&two, None, password()));
    let roles: HashSet<Role> = [one.unwrap().role, two.unwrap().role].into();
    assert_eq!(roles, [Role::Admin, Role::Write].into());
    assert!(accounts.are_shut().await.unwrap());
    for taken in ["管理员 ünal", "管理员 U\u{308}NAL", "WALKER"] {
        let again = accounts.add_user(&name(taken), None, password()).await;
        assert!(matches!(again, Err(Error::Conflict(_))), "{taken}");
    }
    assert_eq!(accounts.users().await.unwrap().len(), 2);
    assert!(accounts.sign_in(attempt("Walker")).await.is_ok());
    assert!(matches!(accounts.sign_in(attempt("nobody")).await, Err(Error::Unauthorized(_))));
}

async fn what_opened_a_door_opens_it_no_more(engine: Engine) {
    let world = World::new(engine).await;
    let accounts = accounts(&world);
    let user = accounts.add_user(&name("keeper"), Some(Role::Write), password()).await.unwrap();
    let session = accounts.sign_in(attempt("keeper")).await.unwrap().secret;
    let grants = vec![Grant::parse("read").unwrap(), Grant::parse("upload:图*").unwrap()];
    let wanted = NewToken { kind: TokenKind::Token, name: name("t"), grants, days: Some(1) };
    let owner = Some((user.id, user.name.clone(), user.role));
    let made = accounts.make_token(wanted, owner).await.unwrap();
    let by_token = Credentials { token: Some(made.secret.clone()), ..Credentials::default() };
    let by_session = Credentials { session: Some(session), ..Credentials::default() };

    let who = accounts.who(&by_token, None).await.unwrap().unwrap();
    assert_eq!((who.kind, who.bound), (Kind::Token, Some(Role::Write)));
    assert!(who.may(&Need::Role(Role::Read)) && who.may(&Need::Upload("图1")) && !who.may(&Need::Upload("x")));
    let person = accounts.who(&by_session, None).await.unwrap().unwrap();
    assert_eq!((person.kind, person.role()), (Kind::User, Some(Role::Write)));
    // A session is no token, nor a token a session.
    let crossed = Credentials { token: by_session.session.clone(), ..Credentials::default() };
    assert!(accounts.who(&crossed, None).await.unwrap().is_none());
    let crossed = Credentials { session: by_token.token.clone(), ..Credentials::default() };
    assert!(accounts.who(&crossed, None).await.unwrap().is_none());

    accounts.set_disabled("keeper", true).await.unwrap();
    assert!(accounts.who(&by_token, None).await.unwrap().is_none());
    assert!(accounts.who(&by_session, None).await.unwrap().is_none());
    accounts.set_disabled("keeper", false).await.unwrap();
    assert!(accounts.who(&by_token, None).await.unwrap().is_some());
    assert!(accounts.who(&by_session, None).await.unwrap().is_none(), "the session has ended");

    let listed = &accounts.tokens(Some(user.id)).await.unwrap()[0];
    assert_eq!((listed.grants.len(), listed.owner.as_deref()), (2, Some("keeper")));
    accounts.revoke_token(made.token.id, Some(user.id)).await.unwrap();
    assert!(accounts.who(&by_token, None).await.unwrap().is_none());
    assert!(matches!(accounts.revoke_token(made.token.id, None).await, Err(Error::NotFound(_))));
}

async fn alike_lines_become_one_and_pages_follow_each_other(engine: Engine) {
    let world = World::new(engine).await;
    let accounts = accounts(&world);
    let entry = |path: &str| Entry {
        kind: "token",
        who: "相机".to_owned(),
        who_id: None,
        address: "10.0.0.1".to_owned(),
        action: "PUT /upload/<_tag>/<_name>".to_owned(),
        path: path.to_owned(),
        status: 201,
        is_refused: false,
    };
    for _ in 0..3 {
        accounts.gather(entry("/upload/图"));
        accounts.write_gathered().await.unwrap();
    }
    for n in 0..5 {
        accounts.record(&entry(&format!("/{n}"))).await.unwrap();
    }
    let (all, is_more) = accounts.lines(&LineFilter::default(), 10).await.unwrap();
    assert_eq!((all.len(), is_more), (6, false));
    assert_eq!(all.iter().find(|line| line.path == "/upload/图").unwrap().times, 3);
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let (page, is_more) = accounts.lines(&LineFilter { after, ..LineFilter::default() }, 2).await.unwrap();
        after = page.last().map(|line| (line.at, line.id.0));
        seen.extend(page.into_iter().map(|line| line.id));
        if !is_more {
            break;
        }
    }
    assert_eq!(seen, all.iter().map(|line| line.id).collect::<Vec<_>>());
    let found = LineFilter { q: Some("/3".to_owned()), ..LineFilter::default() };
    assert_eq!(accounts.lines(&found, 10).await.unwrap().0.len(), 1);
    let none = LineFilter { is_refused: true, ..LineFilter::default() };
    assert!(accounts.lines(&none, 10).await.unwrap().0.is_empty());
    accounts.tidy().await.unwrap();
    assert_eq!(accounts.lines(&LineFilter::default(), 10).await.unwrap().0.len(), 6);
}
