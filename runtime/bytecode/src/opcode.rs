//! The one opcode table: encoding, disassembly, operand checks and the reference come from it.
//!
//! An [`Instruction`] is its opcode, a byte; its flags, a byte, where the opcode has any; and of `dst`, `a` and `b`
//! what the opcode uses, in as few bytes of seven bits as each needs (LEB128). Registers belong to one block. A register is either *truth* (true, false, error,
//! unknown) or *value* (anything); truth may be read where a value is asked for, never the other
//! way round. See [`OperandKind`] for what an operand may name.

/// What an operand of an instruction names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OperandKind {
    /// Unused: must be zero.
    None,
    /// A register that holds truth.
    Truth,
    /// A register that holds any value (truth included).
    Value,
    /// Two registers, `r` and `r + 1`, both holding values.
    Pair,
    /// The first of `b` registers that hold values.
    Run,
    /// How many registers follow from `a` (with [`OperandKind::Run`]).
    RunLength,
    /// Row of `constants`.
    Constant,
    /// Row of `constants` holding a glob or a host pattern.
    Pattern,
    /// Row of `constants` holding a range.
    Range,
    /// Row of `slots`.
    Slot,
    /// Row of `symbols`.
    Symbol,
    /// Row of `natives`.
    Native,
    /// Row of `histories` that takes no operand.
    History,
    /// Row of `histories` that asks about a value (`carries`, `seen in`).
    HistoryOf,
    /// Row of `subjects`.
    Subject,
    /// Row of `types`.
    Type,
    /// Row of `automata`.
    Automaton,
    /// How many instructions to skip, forward.
    Jump,
    /// How many instructions the body of a loop has.
    Body,
}

/// What an instruction leaves in `dst`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResultKind {
    /// Nothing: `dst` must be zero.
    None,
    /// Truth.
    Truth,
    /// A value.
    Value,
    /// Truth in `dst`, and the element in `dst + 1` while the body runs.
    Loop,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpcodeInfo {
    /// The opcode.
    pub opcode: Opcode,
    /// Its byte.
    pub byte: u8,
    /// Its name in a disassembly.
    pub mnemonic: &'static str,
    /// What it leaves in `dst`.
    pub result: ResultKind,
    /// Operand `a`.
    pub a: OperandKind,
    /// Operand `b`.
    pub b: OperandKind,
    /// Bits that `flags` may have.
    pub flags: u8,
    /// What it does.
    pub doc: &'static str,
}

/// Declares the enum and the table from one list of rows.
macro_rules! opcode_table {
    ($($byte:literal $name:ident $mnemonic:literal $result:ident <- $a:ident $b:ident flags $flags:literal $doc:literal)*) => {
        /// An operation of the decision machine.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Opcode {$(
            #[doc = $doc]
            $name,
        )*}

        /// Every opcode, by byte.
        pub const OPCODES: &[OpcodeInfo] = &[$(OpcodeInfo {
            opcode: Opcode::$name,
            byte: $byte,
            mnemonic: $mnemonic,
            result: ResultKind::$result,
            a: OperandKind::$a,
            b: OperandKind::$b,
            flags: $flags,
            doc: $doc,
        },)*];

        impl Opcode {
            /// The row of the table.
            pub fn info(self) -> &'static OpcodeInfo {
                match self {$(
                    Opcode::$name => const { &OpcodeInfo {
                        opcode: Opcode::$name,
                        byte: $byte,
                        mnemonic: $mnemonic,
                        result: ResultKind::$result,
                        a: OperandKind::$a,
                        b: OperandKind::$b,
                        flags: $flags,
                        doc: $doc,
                    } },
                )*}
            }

            /// The opcode of a byte.
            pub fn from_byte(byte: u8) -> Option<Opcode> {
                match byte {
                    $($byte => Some(Opcode::$name),)*
                    _ => None,
                }
            }
        }
    };
}

/// [`Opcode::InRange`]: the range has a lower end.
pub const RANGE_LOW: u8 = 1;
/// [`Opcode::InRange`]: the range has an upper end.
pub const RANGE_HIGH: u8 = 2;
/// [`Opcode::InRange`]: the upper end belongs to the range.
pub const RANGE_INCLUSIVE: u8 = 4;
/// [`Opcode::Add`] and the like: the result must be an integer that fits 64 bits.
pub const ARITH_INT: u8 = 1;
/// [`Opcode::Subject`]: match narrowly, as in a permit; otherwise anywhere in the chain.
pub const SUBJECT_NARROW: u8 = 1;
/// [`Opcode::Subject`]: the `for` part of a server's request, matched on the client's chain.
pub const SUBJECT_CLIENT: u8 = 2;

opcode_table! {
    0x01 Const "const" Value <- Constant None flags 0 "Loads a constant."
    0x02 Slot "slot" Value <- Slot None flags 0 "Loads a place of the request, as extracted; unknown at list time unless the credential, the resource URI or data holds it."
    0x03 Move "move" Value <- Value None flags 0 "Copies a register."
    0x04 Field "field" Value <- Value Symbol flags 0 "Field of a record, a map's entry, or a typed field of a URL, path or SQL statement. Absent when the base is absent or null; error `type` when it is no record."
    0x05 Native "native" Value <- Value Native flags 0 "A native function of one operand; those that allocate were computed by the extraction stage."
    0x06 List "list" Value <- Run RunLength flags 0 "A list of the values in `b` registers from `a`; they must stay untouched while it is used."
    0x07 Select "select" Value <- Truth Pair flags 0 "`if a then r[b] else r[b+1]`; an error or unknown condition is the result."
    0x08 Coalesce "coalesce" Value <- Value Value flags 0 "`a ?? b`: `b` when `a` is absent or null."
    0x09 History "history" Value <- History None flags 0 "Asks the state; unknown at list time, error `state` when the store fails."
    0x0a HistoryOf "history_of" Truth <- HistoryOf Value flags 0 "Asks the state about the place whose value is in `b` (`carries`, `seen in`)."
    0x0b Count "count" Value <- Value None flags 0 "Elements of a collection."
    0x10 Add "add" Value <- Value Value flags 1 "`a + b`, checked; flag 1: a 64-bit integer."
    0x11 Sub "sub" Value <- Value Value flags 1 "`a - b`, checked; flag 1: a 64-bit integer."
    0x12 Mul "mul" Value <- Value Value flags 1 "`a * b`, checked; flag 1: a 64-bit integer."
    0x20 Eq "eq" Truth <- Value Value flags 0 "`a == b`; values of different kinds are unequal."
    0x21 Ne "ne" Truth <- Value Value flags 0 "`a != b`."
    0x22 Lt "lt" Truth <- Value Value flags 0 "`a < b`; error `type` across kinds."
    0x23 Le "le" Truth <- Value Value flags 0 "`a <= b`."
    0x24 Gt "gt" Truth <- Value Value flags 0 "`a > b`."
    0x25 Ge "ge" Truth <- Value Value flags 0 "`a >= b`."
    0x26 In "in" Truth <- Value Value flags 0 "`a in b`: collection, network, window or segment."
    0x27 InRange "in_range" Truth <- Value Pair flags 7 "`a in r[b]..r[b+1]`; flags: 1 has a lower end, 2 has an upper end, 4 the upper end is included. An end that is missing may hold anything."
    0x28 Substring "substring" Truth <- Value Value flags 0 "Text `a` contains text `b`."
    0x29 Like "like" Truth <- Value Pattern flags 0 "`a like` a glob or a host pattern."
    0x2a Matches "matches" Truth <- Value Automaton flags 0 "The whole of text `a` matches the automaton."
    0x2b Under "under" Truth <- Value Value flags 0 "Path `a` is `b` or below it."
    0x2c Is "is" Truth <- Value Type flags 0 "`a is T`; false for an absent value."
    0x2d Has "has" Truth <- Value None flags 0 "Present and not null."
    0x2e Truth "truth" Truth <- Value None flags 0 "A boolean value as truth: error `missing` when absent or null, error `type` when no boolean."
    0x2f Subject "subject" Truth <- Subject None flags 3 "The chain fits the subject; flags: 1 narrowly, 2 the `for` part of a server's request."
    0x30 And "and" Truth <- Truth Truth flags 0 "Conjunction: false, else the smallest error, else unknown, else true."
    0x31 Or "or" Truth <- Truth Truth flags 0 "Disjunction: true, else the smallest error, else unknown, else false."
    0x32 Not "not" Truth <- Truth None flags 0 "Swaps true and false."
    0x40 JumpIfFalse "jump_if_false" None <- Truth Jump flags 0 "Skips `b` instructions when `a` is false. May only skip work that cannot change the result; tracing ignores it."
    0x41 JumpIfTrue "jump_if_true" None <- Truth Jump flags 0 "Skips `b` instructions when `a` is true; as above."
    0x42 Any "any" Loop <- Value Body flags 0 "Runs the next `b` instructions for each element (in `dst + 1`); the last of them is `end_loop`. `dst` folds like `or`."
    0x43 All "all" Loop <- Value Body flags 0 "As `any`; `dst` folds like `and`."
    0x44 EndLoop "end_loop" None <- Truth None flags 0 "Ends a loop's body with the truth of this element."
    0x45 Return "return" None <- Value None flags 0 "Ends the block with this result; stands last, and only there. Of a condition it must be truth."
    0x50 SlotEq "slot_eq" Truth <- Slot Constant flags 0 "`slot == constant`: as `slot`, `const` and `eq` in one, like all that follow."
    0x51 SlotNe "slot_ne" Truth <- Slot Constant flags 0 "`slot != constant`."
    0x52 SlotLt "slot_lt" Truth <- Slot Constant flags 0 "`slot < constant`."
    0x53 SlotLe "slot_le" Truth <- Slot Constant flags 0 "`slot <= constant`."
    0x54 SlotGt "slot_gt" Truth <- Slot Constant flags 0 "`slot > constant`."
    0x55 SlotGe "slot_ge" Truth <- Slot Constant flags 0 "`slot >= constant`."
    0x56 SlotIn "slot_in" Truth <- Slot Constant flags 0 "`slot in constant`."
    0x57 SlotInRange "slot_in_range" Truth <- Slot Range flags 0 "`slot in low..high`."
    0x58 SlotSubstring "slot_substring" Truth <- Slot Constant flags 0 "Text of the slot contains the constant text."
    0x59 SlotLike "slot_like" Truth <- Slot Pattern flags 0 "`slot like` a glob or a host pattern."
    0x5a SlotMatches "slot_matches" Truth <- Slot Automaton flags 0 "The whole text of the slot matches the automaton."
    0x5b SlotUnder "slot_under" Truth <- Slot Constant flags 0 "The path in the slot is the constant or below it."
    0x5c SlotTruth "slot_truth" Truth <- Slot None flags 0 "The boolean in the slot as truth."
    0x5d SlotHas "slot_has" Truth <- Slot None flags 0 "The slot is present and not null."
    0x60 True "true" Truth <- None None flags 0 "Truth that holds: how a conjunction begins."
    0x61 Guard "guard" None <- Truth Jump flags 0 "Register 0, which is truth, becomes its conjunction with `a`; when that is false, `b` instructions are skipped. Tracing conjoins and skips nothing."
}

impl Opcode {
    /// Whether it tests a place with a constant.
    #[inline]
    pub fn tests_slot(self) -> bool {
        matches!(
            self,
            Opcode::SlotEq
                | Opcode::SlotNe
                | Opcode::SlotLt
                | Opcode::SlotLe
                | Opcode::SlotGt
                | Opcode::SlotGe
                | Opcode::SlotIn
                | Opcode::SlotInRange
                | Opcode::SlotSubstring
                | Opcode::SlotLike
                | Opcode::SlotMatches
                | Opcode::SlotUnder
                | Opcode::SlotTruth
                | Opcode::SlotHas
        )
    }
}

/// One decoded instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instruction {
    /// What to do.
    pub opcode: Opcode,
    /// Variants of it.
    pub flags: u8,
    /// Where the result goes.
    pub dst: u16,
    /// First operand.
    pub a: u32,
    /// Second operand.
    pub b: u32,
}

impl Instruction {
    /// An instruction without flags.
    pub fn new(opcode: Opcode, dst: u16, a: u32, b: u32) -> Self {
        Self { opcode, flags: 0, dst, a, b }
    }

    /// The same instruction with these flags.
    pub fn with_flags(self, flags: u8) -> Self {
        Self { flags, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_opcode_has_a_byte_of_its_own() {
        let mut seen = alloc::collections::BTreeSet::new();
        for info in OPCODES {
            assert!(seen.insert(info.byte), "byte {:#x} twice", info.byte);
            assert_eq!(info.opcode.info(), info);
            assert_eq!(Opcode::from_byte(info.byte), Some(info.opcode));
        }
        assert_eq!(Opcode::from_byte(0xff), None);
    }
}
