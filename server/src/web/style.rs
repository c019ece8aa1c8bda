//! The style of all pages.

use axum::response::IntoResponse;
use http::header;

/// The style, the same for everybody.
pub(super) async fn style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}

const STYLE: &str = "\
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
label { display: block; margin: 1rem 0; font-weight: 600; }
input { display: block; width: 100%; box-sizing: border-box; font: inherit; padding: .5rem; margin-top: .25rem; }
small { font-weight: 400; opacity: .8; }
button { font: inherit; padding: .6rem 1rem; cursor: pointer; }
button.main { font-weight: 700; color: #fff; background: #1a7f37; border: 0; border-radius: .4rem; padding: .8rem 1.4rem; }
.problem { border-left: .3rem solid #cf222e; padding: .5rem 1rem; }
.lights { list-style: none; padding: 0; }
.lights li { border-left: .4rem solid #bf8700; padding: .4rem .8rem; margin: .6rem 0; overflow-wrap: anywhere; }
.lights li.green { border-color: #1a7f37; }
.state { display: inline-block; min-width: 3.5rem; font-variant: small-caps; }
table { border-collapse: collapse; } th { text-align: left; vertical-align: top; padding: .3rem 1rem .3rem 0; white-space: nowrap; }
td { padding: .3rem 0; } details { margin-top: 2rem; }
.findings { list-style: none; padding: 0; margin: .6rem 0; }
.findings li { border-left: .4rem solid #1a7f37; padding: .4rem .8rem; margin: .6rem 0; overflow-wrap: anywhere; }
.findings li.fault { border-color: #cf222e; } .findings li.unknown { border-color: #bf8700; }
.findings p, .findings details { margin: .3rem 0; }
.findings pre { white-space: pre-wrap; margin: .3rem 0; padding: .5rem; font-size: .85rem; background: rgb(127 127 127 / .15); }
h3 { margin: 1.5rem 0 0; overflow-wrap: anywhere; } h3 + details, .findings + details { margin-top: .6rem; }
h2 { margin-top: 2rem; } .report { margin: .6rem 0; overflow-wrap: anywhere; } pre { overflow-x: auto; }
.phases { border-collapse: collapse; width: 100%; margin: 1rem 0; }
.phases th, .phases td { padding: .4rem .8rem .4rem 0; vertical-align: top; border-bottom: 1px solid rgb(127 127 127 / .3); }
.phases .failed { color: #cf222e; font-weight: 700; } .status { font-size: 1.15rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1rem; } dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 36rem) {
  th, td, .phases th, .phases td { display: block; padding: .2rem 0; border: 0; }
  .phases tr { display: block; padding: .5rem 0; border-bottom: 1px solid rgb(127 127 127 / .3); }
  dl { display: block; } dd { margin: 0 0 .6rem; }
}
";
