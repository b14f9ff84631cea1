//! Where names stand: servers, tools and entry points by hash, made once when a program is loaded.

use crate::hash::text_hash as hash;
use crate::ids::ServerId;
use crate::image::{Action, BundleImage, EntryImage, EntryTarget};
use alloc::vec::Vec;
use hashbrown::HashTable;

/// Rows of tables by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    servers: HashTable<u32>,
    /// Server and row of its tools.
    tools: HashTable<(u32, u32)>,
    /// Entry points of a whole action, a whole server or a name.
    entries: HashTable<u32>,
    /// Entry points that are about resources: rows, in the order of the image.
    uris: Vec<u32>,
    /// Of each server: the number of its first tool.
    first_tools: Vec<usize>,
    /// How many tools there are.
    tools_count: usize,
}

/// Entry points of a whole action, of a whole server, of a name: rows of the image's `entries`.
pub(crate) type EntryRows = [Option<usize>; 3];

impl Names {
    /// The names of an image.
    pub fn new(image: &BundleImage) -> Names {
        let mut names = Names::default();
        for (row, server) in image.servers.iter().enumerate() {
            let id = row32(row);
            names.servers.insert_unique(hash(0, &server.name), id, |row| server_hash(image, *row));
            names.first_tools.push(names.tools_count);
            names.tools_count = names.tools_count.saturating_add(server.tools.len());
            for (row, tool) in server.tools.iter().enumerate() {
                let key = (id, row32(row));
                names.tools.insert_unique(hash(id, &tool.name), key, |key| tool_hash(image, *key));
            }
        }
        for (row, entry) in image.entries.iter().enumerate() {
            match entry.target {
                EntryTarget::Uri(_) => names.uris.push(row32(row)),
                _ => {
                    let hash = entry_hash(image, row32(row));
                    names.entries.insert_unique(hash, row32(row), |row| entry_hash(image, *row));
                }
            }
        }
        names
    }

    /// How many tools there are.
    pub fn tools(&self) -> usize {
        self.tools_count
    }

    /// The number of a tool that is there.
    pub fn tool_number(&self, server: ServerId, tool: usize) -> Option<usize> {
        let number = self.first_tools.get(server.index())?.checked_add(tool)?;
        let end = server.index().checked_add(1).and_then(|next| self.first_tools.get(next)).copied();
        (number < end.unwrap_or(self.tools_count)).then_some(number)
    }

    /// The server of this name.
    pub fn server(&self, image: &BundleImage, name: &str) -> Option<ServerId> {
        let same = |row: &u32| image.servers.get(wide(*row)).is_some_and(|server| server.name == name);
        self.servers.find(hash(0, name), same).map(|row| ServerId(*row))
    }

    /// The row of a server's tool of this name.
    pub fn tool(&self, image: &BundleImage, server: ServerId, name: &str) -> Option<usize> {
        let tools = &image.servers.get(server.index())?.tools;
        let same = |key: &(u32, u32)| key.0 == server.0 && tools.get(wide(key.1)).is_some_and(|tool| tool.name == name);
        self.tools.find(hash(server.0, name), same).map(|key| wide(key.1))
    }

    /// Entry points: of the action, of the server, of the name.
    pub fn entries(&self, image: &BundleImage, action: Action, server: ServerId, name: Option<&str>) -> EntryRows {
        let find = |server: Option<ServerId>, name: Option<&str>| {
            let same = |row: &u32| {
                image
                    .entries
                    .get(wide(*row))
                    .is_some_and(|entry| entry.action == action && entry.server == server && target_name(entry) == name)
            };
            self.entries.find(scope_hash(action, server, name), same).map(|row| wide(*row))
        };
        [find(None, None), find(Some(server), None), name.and_then(|name| find(Some(server), Some(name)))]
    }

    /// Entry points about resources of an action and server.
    pub fn uri_entries(&self, image: &BundleImage, action: Action, server: ServerId) -> core::ops::Range<usize> {
        let key = |row: &u32| image.entries.get(wide(*row)).map(|entry| (entry.action, entry.server));
        let wanted = Some((action, Some(server)));
        let first = self.uris.partition_point(|row| key(row) < wanted);
        let end = self.uris.partition_point(|row| key(row) <= wanted);
        // Entry points are sorted with those about resources last, so their rows follow one another.
        match (self.uris.get(first), end.checked_sub(1).and_then(|last| self.uris.get(last))) {
            (Some(from), Some(last)) if first < end => wide(*from)..wide(*last).saturating_add(1),
            _ => 0..0,
        }
    }
}

/// The name an entry point is about.
fn target_name(entry: &EntryImage) -> Option<&str> {
    match &entry.target {
        EntryTarget::Name(name) => Some(name),
        EntryTarget::Any | EntryTarget::Uri(_) => None,
    }
}

fn server_hash(image: &BundleImage, row: u32) -> u64 {
    image.servers.get(wide(row)).map_or(0, |server| hash(0, &server.name))
}

fn tool_hash(image: &BundleImage, (server, row): (u32, u32)) -> u64 {
    let tool = image.servers.get(wide(server)).and_then(|server| server.tools.get(wide(row)));
    tool.map_or(0, |tool| hash(server, &tool.name))
}

fn entry_hash(image: &BundleImage, row: u32) -> u64 {
    image.entries.get(wide(row)).map_or(0, |entry| scope_hash(entry.action, entry.server, target_name(entry)))
}

/// The hash of what an entry point is about.
fn scope_hash(action: Action, server: Option<ServerId>, name: Option<&str>) -> u64 {
    let action = action.name().len();
    let server = server.map_or(u32::MAX, |server| server.0);
    let salt = server.rotate_left(8) ^ row32(action);
    match name {
        Some(name) => hash(salt, name),
        None => hash(!salt, ""),
    }
}

fn row32(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}

fn wide(row: u32) -> usize {
    usize::try_from(row).unwrap_or(usize::MAX)
}
