//! The catalog of a server, as the passes here see it.

use crate::catalog::{self, CatalogProblem, UnenforcedKeyword};
use crate::hir::{Prompt, Tool};

/// What a catalog file declares.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Tools, their types without overlay.
    pub tools: Vec<Tool>,
    /// Prompts.
    pub prompts: Vec<Prompt>,
    /// Resource URIs.
    pub resources: Vec<String>,
    /// Resource URI templates.
    pub resource_templates: Vec<String>,
}

/// What is wrong with a catalog file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogFault {
    /// The tool, when it is one tool's.
    pub tool: Option<String>,
    /// A schema keyword that is neither enforced nor acknowledged.
    pub keyword: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// Reads a catalog file.
pub fn parse(text: &str) -> (Catalog, Vec<CatalogFault>) {
    let parsed = match catalog::parse(text.as_bytes()) {
        Ok(parsed) => parsed,
        Err(error) => {
            let fault = CatalogFault { tool: None, keyword: None, message: error.message, help: None };
            return (Catalog::default(), vec![fault]);
        }
    };
    let problems = parsed.problems.iter().map(problem_fault);
    let unenforced = parsed.unenforced.iter().map(keyword_fault);
    let faults = problems.chain(unenforced).collect();
    let catalog = Catalog {
        tools: parsed.tools,
        prompts: parsed.prompts,
        resources: parsed.resources,
        resource_templates: parsed.resource_templates,
    };
    (catalog, faults)
}

fn problem_fault(problem: &CatalogProblem) -> CatalogFault {
    let place =
        if problem.pointer.is_empty() { String::new() } else { format!(" (at `{}`)", problem.pointer.escape_debug()) };
    CatalogFault {
        tool: problem.tool.as_ref().map(ToString::to_string),
        keyword: None,
        message: format!("{}{place}", problem.message),
        help: None,
    }
}

fn keyword_fault(found: &UnenforcedKeyword) -> CatalogFault {
    let keyword = found.keyword.escape_debug();
    let pointer = if found.pointer.is_empty() { "/".to_owned() } else { found.pointer.escape_debug().to_string() };
    CatalogFault {
        tool: Some(found.tool.to_string()),
        keyword: Some(found.keyword.clone()),
        message: format!("`{keyword}` at `{pointer}` of its input schema is not enforced"),
        help: Some(format!("add `{keyword}` under `acknowledged` in the catalog file to go on without it")),
    }
}
