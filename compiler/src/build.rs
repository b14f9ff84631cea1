//! From a checked program to the bytes of a bundle.
//!
//! [`build`] runs the stages after the checker and hands all their results back, so that a caller
//! can print any of them: rules, decision graph, bundle image, bytes.

use crate::decision::{self, DecisionGraph, Profile, Shape};
use crate::diagnostics::codes::e0704;
use crate::diagnostics::{self, Diagnostic};
use crate::emit::{self, EmitOptions};
use crate::hir::{Program, SourceId, Span};
use crate::lower::{self, RuleSet};
use mcpz_bytecode::image::BundleImage;
use mcpz_bytecode::{EncodeOptions, encode};

/// How to build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildOptions {
    /// Whether the bundle holds source texts and positions for explanations.
    pub debug: bool,
    /// How decision trees are made. It changes no decision.
    pub shape: Shape,
    /// What was met in traffic: that comes first. It changes no decision.
    pub profile: Profile,
}

impl Default for BuildOptions {
    fn default() -> Self {
        BuildOptions { debug: true, shape: Shape::default(), profile: Profile::default() }
    }
}

/// A built bundle, with every stage on the way.
#[derive(Debug, Clone)]
pub struct Build {
    /// The rules in normal form.
    pub rules: RuleSet,
    /// The decision graph.
    pub graph: DecisionGraph,
    /// The bundle as data.
    pub image: BundleImage,
    /// The bundle.
    pub bytes: Vec<u8>,
}

/// Builds a program. Limits that it exceeds are diagnostics, and then there is no bundle.
pub fn build(program: &Program, options: &BuildOptions) -> Result<Build, Vec<Diagnostic>> {
    let (rules, mut problems) = lower::lower(program);
    if !problems.is_empty() {
        diagnostics::sort(&mut problems);
        return Err(problems);
    }
    let graph = decision::graph(&rules, program, options.shape, &options.profile);
    let image = emit::emit(&graph, &rules, program, EmitOptions { debug: options.debug }).map_err(|mut problems| {
        diagnostics::sort(&mut problems);
        problems
    })?;
    let bytes = encode(&image, EncodeOptions { debug: options.debug }).map_err(|error| {
        let first = program.rules.first().map(|rule| rule.head_span);
        let span = first.unwrap_or(Span { source: SourceId(0), start: 0, end: 0 });
        vec![e0704::bundle_limit(span, &error.to_string())]
    })?;
    Ok(Build { rules, graph, image, bytes })
}
