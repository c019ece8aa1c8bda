//! The ways to carry a deploy out that a configuration can name, and the settings of each: one row of a table.

/// Calls a macro with the table: the file under `deploy/drivers` (and the variant that keeps the settings), the word of
/// the configuration, and the settings, those in brackets optional. From it come what the file may hold, its schema, what
/// is stored of a deploy, and who carries it out.
macro_rules! drivers {
    ($with:ident) => {
        $with! {
            /// A GitHub deployment, which a workflow or a service of the project acts on.
            deployment "deployment" => Deployment;
            /// A workflow of the repository is dispatched.
            actions "actions" => Actions {
                /// Its file in .github/workflows.
                file: WorkflowFile,
            } [];
            /// An address is called that the operator of Towpath has given a name.
            webhook "webhook" => Webhook {
                /// The name of the address.
                endpoint: Word,
            } [
                /// The name of the secret that signs; the operator holds it.
                secret: Word "Word",
            ];
            /// The platform of Adobe Commerce on cloud infrastructure deploys what its integration brings, or what is pushed to it, and is watched.
            commerce_cloud "commerce-cloud" => CommerceCloud {} [
                /// The project's id, to be sure that it is the one of the operator's file.
                project: PlatformId "PlatformId",
                /// The platform's environment, to be sure that it is the one of the operator's file.
                environment: PlatformName "PlatformName",
            ];
        }
    };
}
pub(crate) use drivers;
