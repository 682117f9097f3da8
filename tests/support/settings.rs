//! The settings a test's server starts with: Rocket's own environment variables.

/// `ROCKET_…` variables of one server, and what holds for all of them.
#[derive(Debug, Clone)]
pub struct Settings {
    pub variables: Vec<(String, String)>,
    /// Starts the server in a folder of its own that is a tmpfs of this many MiB.
    pub disk_of_mib: Option<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        let settings = Self { variables: Vec::new(), disk_of_mib: None };
        settings.set("ROCKET_STORAGE", r#"{min_free="1 MiB"}"#).set("ROCKET_CLI_COLORS", "false")
    }
}

impl Settings {
    /// With one more variable, or another value of it.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without fsync: for stories that upload a lot and never crash.
    pub fn relaxed() -> Self {
        Self::default().set("ROCKET_DURABILITY", "relaxed")
    }

    /// With a limit on upload bodies, such as `64 KiB`.
    pub fn max_size(self, size: &str) -> Self {
        self.set("ROCKET_UPLOAD", &format!(r#"{{max_size="{size}"}}"#))
    }

    /// On a disk of its own of so many MiB.
    pub fn small_disk(mut self, mib: u32) -> Self {
        self.disk_of_mib = Some(mib);
        self
    }
}
