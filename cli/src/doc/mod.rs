//! `mcpz doc`: a package as a static site for the people who answer for it. Who may do what, tool by tool and rule by rule.
//!
//! A site is a list of pages as text. Nothing in it runs and nothing is fetched: no script, one style sheet, and a policy that says so.
//! Every name, description and source text goes through [`crate::formats::markup`]; what a server said about its tools is
//! marked as its own words.
//!
//! [`page`] is the frame and what pages share, [`reach`] says which rules are about a tool, [`tools`], [`rules`], [`who`] and [`checks`]
//! write a page each.

mod checks;
mod page;
mod reach;
mod rules;
mod tools;
mod who;

use mcpz_compiler::hir::Program;
use page::{Site, frame};

/// A page of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its file.
    pub path: &'static str,
    /// Its text.
    pub text: String,
}

/// The whole site.
pub fn site(program: &Program) -> Vec<Page> {
    let site = Site::new(program);
    let page = |path: &'static str, title: &str, body: String| Page { path, text: frame(&site, path, title, &body) };
    vec![
        page("index.html", "Who may do what", tools::overview(&site)),
        page("rules.html", "Rules", rules::body(&site)),
        page("who.html", "Identities and roles", who::body(&site)),
        page("tools.html", "Servers and tools", tools::body(&site)),
        page("checks.html", "Tests and assertions", checks::body(&site)),
        Page { path: "style.css", text: include_str!("style.css").to_owned() },
    ]
}
