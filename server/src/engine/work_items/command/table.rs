//! The commands that there are.

use super::call::AnyCommand;
use crate::commands::spec::Spec;

/// Every command, in the order in which they are shown.
pub(super) const COMMANDS: [&dyn AnyCommand; 25] = [
    &super::help::Help,
    &super::check::Check,
    &super::why::Why,
    &super::where_is::Where,
    &super::promote::Promote,
    &super::deploy::Deploy,
    &super::cancel::Cancel,
    &super::rollback::Rollback,
    &super::resume::Resume,
    &super::lock::Lock,
    &super::unlock::Unlock,
    &super::freeze::Freeze,
    &super::thaw::Thaw,
    &super::override_finding::OverrideFinding,
    &super::signoff::SignOff,
    &super::ready::Ready,
    &super::ready::Unready,
    &super::ticket::Ticket,
    &super::activate::Activate,
    &super::deactivate::Deactivate,
    &super::hotfix::CutHotfix,
    &super::carried::Carried,
    &super::retarget::Retarget,
    &super::rebuild::Rebuild,
    &super::sync::Sync,
];

/// What every command says of itself.
pub(super) fn specs() -> Vec<Spec> {
    COMMANDS.iter().map(|it| *it.spec()).collect()
}

/// The command of this name.
pub(super) fn named(name: &str) -> Option<&'static dyn AnyCommand> {
    COMMANDS.into_iter().find(|it| it.spec().name == name)
}
