//! The codes: one file each, with its explanation, examples and the functions that make it.
//!
//! `E00xx` syntax, `E01xx` names and declarations, `E02xx` packages, catalogs, lock and data,
//! `E03xx` expressions and types, `E04xx` rules, `E05xx` tests and assertions, `W06xx` lints, `E07xx` limits (made by [`crate::build`](fn@crate::build)).
//! [`ALL`] is what the error index, `mcpz explain` and the test of all examples read.

mod info;
mod prelude;
pub mod syntax;

pub use info::CodeInfo;

use crate::diagnostics::Severity;
use std::collections::BTreeMap;
use std::sync::LazyLock;

// Names, declarations, packages.
pub mod e0001;
pub mod e0002;
pub mod e0003;
pub mod e0004;
pub mod e0005;
pub mod e0006;
pub mod e0007;
pub mod e0008;
pub mod e0009;
pub mod e0010;
pub mod e0011;
pub mod e0012;
pub mod e0013;
pub mod e0014;
pub mod e0015;
pub mod e0016;
pub mod e0017;
pub mod e0018;
pub mod e0019;
pub mod e0101;
pub mod e0102;
pub mod e0103;
pub mod e0104;
pub mod e0105;
pub mod e0106;
pub mod e0107;
pub mod e0108;
pub mod e0109;
pub mod e0110;
pub mod e0111;
pub mod e0112;
pub mod e0113;
pub mod e0114;
pub mod e0115;
pub mod e0117;
pub mod e0118;
pub mod e0119;
pub mod e0120;
pub mod e0121;
pub mod e0122;
pub mod e0123;
pub mod e0124;
pub mod e0125;
pub mod e0126;
pub mod e0128;
pub mod e0129;
pub mod e0130;
pub mod e0131;
pub mod e0132;
pub mod e0133;
pub mod e0134;
pub mod e0135;
pub mod e0136;
pub mod e0137;
pub mod e0138;
pub mod e0140;
pub mod e0141;
pub mod e0201;
pub mod e0202;
pub mod e0203;
pub mod e0204;
pub mod e0205;
pub mod e0206;
pub mod e0207;
pub mod e0208;
pub mod e0209;
pub mod e0210;
pub mod e0211;
pub mod e0212;
pub mod e0213;
pub mod e0214;
pub mod e0215;
pub mod e0216;
pub mod e0217;

// Expressions, rules, tests, lints.
pub mod e0301;
pub mod e0302;
pub mod e0303;
pub mod e0304;
pub mod e0305;
pub mod e0306;
pub mod e0307;
pub mod e0308;
pub mod e0309;
pub mod e0310;
pub mod e0311;
pub mod e0312;
pub mod e0313;
pub mod e0314;
pub mod e0315;
pub mod e0316;
pub mod e0317;
pub mod e0318;
pub mod e0319;
pub mod e0320;
pub mod e0321;
pub mod e0322;
pub mod e0323;
pub mod e0324;
pub mod e0325;
pub mod e0326;
pub mod e0327;
pub mod e0328;
pub mod e0329;
pub mod e0330;
pub mod e0331;
pub mod e0332;
pub mod e0333;
pub mod e0334;
pub mod e0401;
pub mod e0402;
pub mod e0403;
pub mod e0404;
pub mod e0405;
pub mod e0406;
pub mod e0407;
pub mod e0408;
pub mod e0409;
pub mod e0410;
pub mod e0412;
pub mod e0413;
pub mod e0501;
pub mod e0502;
pub mod e0503;
pub mod e0504;
pub mod e0505;
pub mod e0506;
pub mod e0507;
pub mod e0508;
pub mod e0509;
pub mod w0601;
pub mod w0602;
pub mod w0603;
pub mod w0604;
pub mod w0605;
pub mod w0606;
pub mod w0607;
pub mod w0608;
pub mod w0609;
pub mod w0610;
pub mod w0611;
pub mod w0612;
pub mod w0613;
pub mod w0614;
pub mod w0615;
pub mod w0616;
pub mod w0617;
pub mod w0618;
pub mod w0619;
pub mod w0620;
pub mod w0621;

// Limits of lowering and emitting.
pub mod e0701;
pub mod e0702;
pub mod e0703;
pub mod e0704;

/// Every code, in order.
pub const ALL: &[&CodeInfo] = &[
    // Names, declarations, packages.
    &e0001::CODE,
    &e0002::CODE,
    &e0003::CODE,
    &e0004::CODE,
    &e0005::CODE,
    &e0006::CODE,
    &e0007::CODE,
    &e0008::CODE,
    &e0009::CODE,
    &e0010::CODE,
    &e0011::CODE,
    &e0012::CODE,
    &e0013::CODE,
    &e0014::CODE,
    &e0015::CODE,
    &e0016::CODE,
    &e0017::CODE,
    &e0018::CODE,
    &e0019::CODE,
    &e0101::CODE,
    &e0102::CODE,
    &e0103::CODE,
    &e0104::CODE,
    &e0105::CODE,
    &e0106::CODE,
    &e0107::CODE,
    &e0108::CODE,
    &e0109::CODE,
    &e0110::CODE,
    &e0111::CODE,
    &e0112::CODE,
    &e0113::CODE,
    &e0114::CODE,
    &e0115::CODE,
    &e0117::CODE,
    &e0118::CODE,
    &e0119::CODE,
    &e0120::CODE,
    &e0121::CODE,
    &e0122::CODE,
    &e0123::CODE,
    &e0124::CODE,
    &e0125::CODE,
    &e0126::CODE,
    &e0128::CODE,
    &e0129::CODE,
    &e0130::CODE,
    &e0131::CODE,
    &e0132::CODE,
    &e0133::CODE,
    &e0134::CODE,
    &e0135::CODE,
    &e0136::CODE,
    &e0137::CODE,
    &e0138::CODE,
    &e0140::CODE,
    &e0141::CODE,
    &e0201::CODE,
    &e0202::CODE,
    &e0203::CODE,
    &e0204::CODE,
    &e0205::CODE,
    &e0206::CODE,
    &e0207::CODE,
    &e0208::CODE,
    &e0209::CODE,
    &e0210::CODE,
    &e0211::CODE,
    &e0212::CODE,
    &e0213::CODE,
    &e0214::CODE,
    &e0215::CODE,
    &e0216::CODE,
    &e0217::CODE,
    // Expressions, rules, tests, lints.
    &e0301::CODE,
    &e0302::CODE,
    &e0303::CODE,
    &e0304::CODE,
    &e0305::CODE,
    &e0306::CODE,
    &e0307::CODE,
    &e0308::CODE,
    &e0309::CODE,
    &e0310::CODE,
    &e0311::CODE,
    &e0312::CODE,
    &e0313::CODE,
    &e0314::CODE,
    &e0315::CODE,
    &e0316::CODE,
    &e0317::CODE,
    &e0318::CODE,
    &e0319::CODE,
    &e0320::CODE,
    &e0321::CODE,
    &e0322::CODE,
    &e0323::CODE,
    &e0324::CODE,
    &e0325::CODE,
    &e0326::CODE,
    &e0327::CODE,
    &e0328::CODE,
    &e0329::CODE,
    &e0330::CODE,
    &e0331::CODE,
    &e0332::CODE,
    &e0333::CODE,
    &e0334::CODE,
    &e0401::CODE,
    &e0402::CODE,
    &e0403::CODE,
    &e0404::CODE,
    &e0405::CODE,
    &e0406::CODE,
    &e0407::CODE,
    &e0408::CODE,
    &e0409::CODE,
    &e0410::CODE,
    &e0412::CODE,
    &e0413::CODE,
    &e0501::CODE,
    &e0502::CODE,
    &e0503::CODE,
    &e0504::CODE,
    &e0505::CODE,
    &e0506::CODE,
    &e0507::CODE,
    &e0508::CODE,
    &e0509::CODE,
    &w0601::CODE,
    &w0602::CODE,
    &w0603::CODE,
    &w0604::CODE,
    &w0605::CODE,
    &w0606::CODE,
    &w0607::CODE,
    &w0608::CODE,
    &w0609::CODE,
    &w0610::CODE,
    &w0611::CODE,
    &w0612::CODE,
    &w0613::CODE,
    &w0614::CODE,
    &w0615::CODE,
    &w0616::CODE,
    &w0617::CODE,
    &w0618::CODE,
    &w0619::CODE,
    &w0620::CODE,
    &w0621::CODE,
    // Limits of lowering and emitting.
    &e0701::CODE,
    &e0702::CODE,
    &e0703::CODE,
    &e0704::CODE,
];

/// The code with this number (`E0102`) or name (`unknown-name`).
pub fn find(code: &str) -> Option<&'static CodeInfo> {
    static BY_WORD: LazyLock<BTreeMap<&str, &CodeInfo>> = LazyLock::new(|| {
        // Where two have one name, the first is meant.
        ALL.iter().rev().flat_map(|info| [(info.name, *info), (info.code, *info)]).collect()
    });
    BY_WORD.get(code).copied()
}
