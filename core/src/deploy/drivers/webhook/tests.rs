use super::*;
use crate::model::{BranchName, UnixMillis, UnixSeconds, error_chain};
use http::HeaderMap;
use reqwest::Url;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Bytes of the specification's own example of a secret.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[test]
fn the_example_of_the_specification_is_signed_as_it_says() {
    let key = SigningKey::read(SECRET).unwrap();
    let signed =
        key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", UnixSeconds(1_614_265_330), br#"{"test": 2432232314}"#);
    assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    for bad in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2hvcnQ=", "whsec_???"] {
        assert_eq!(SigningKey::read(bad).unwrap_err(), SigningError::Secret, "{bad}");
    }
    assert_eq!(format!("{key:?}"), "SigningKey(…)");
}

fn signed(id: &str, seconds: &str, signature: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in
        [("webhook-id", id), ("webhook-timestamp", seconds), ("webhook-signature", signature)]
    {
        headers.insert(name, value.parse().unwrap());
    }
    headers
}

#[test]
fn a_call_back_has_to_be_signed_lately_and_over_its_body() {
    let key = SigningKey::read(SECRET).unwrap();
    let signature = key.sign("a", UnixSeconds(1_000), b"body");
    let rotated = format!("v1,AAAA v1a,BBBB {signature}");
    let verify = |headers: &HeaderMap, body: &[u8], now| {
        key.verify(headers, body, UnixSeconds(now)).map(str::to_owned)
    };
    assert_eq!(verify(&signed("a", "1000", &rotated), b"body", 1_300), Ok("a".to_owned()));
    assert_eq!(verify(&signed("a", "1000", &signature), b"body", 1_301), Err(SigningError::TooFar));
    assert_eq!(verify(&signed("a", "1000", &signature), b"bodY", 1_000), Err(SigningError::Wrong));
    assert_eq!(verify(&signed("b", "1000", &signature), b"body", 1_000), Err(SigningError::Wrong));
    assert_eq!(verify(&signed("a", "1001", &signature), b"body", 1_000), Err(SigningError::Wrong));
    let absurd = key.sign("a", UnixSeconds::MIN, b"body");
    let absurd = signed("a", &i64::MIN.to_string(), &absurd);
    assert_eq!(verify(&absurd, b"body", 1_000), Err(SigningError::TooFar));
    assert_eq!(verify(&HeaderMap::new(), b"", 0), Err(SigningError::Header("webhook-id")));
}

#[test]
fn addresses_that_may_not_be_called_are_faults_of_the_operators_file() {
    let fault = |url: &str, allow_private| {
        Endpoint { url: url.to_owned(), secret: None, allow_private }.parsed().err().unwrap_or_default()
    };
    assert_eq!(fault("https://deploy.example.com/hook", false), "");
    assert_eq!(fault("http://deploy.internal/hook", true), "");
    for url in ["file:///etc/passwd", "gopher://x", "deploy.example.com", "", "https://"] {
        assert!(fault(url, true).contains("is no address"), "{url}: {}", fault(url, true));
    }
    assert!(fault("http://deploy.example.com", false).contains("https://"));
    assert!(fault("https://127.0.0.1/x", false).contains("private network"));
    assert!(fault("https://[::ffff:127.0.0.1]/x", false).contains("private network"));
    assert!(fault("https://169.254.169.254/latest", true).contains("169.254.169.254"));
    assert!(fault("https://me:secret@deploy.example.com", false).contains("name a secret"));
    // The same address, as the client would read it.
    for url in [
        "https://0x7f.1/",
        "https://2130706433/",
        "https://127.0.0.%31/",
        "https://0177.1/",
        "https://127.1./",
    ] {
        assert!(
            fault(url, false).contains("127.0.0.1 is an address of a private network"),
            "{url}: {}",
            fault(url, false)
        );
    }
    assert!(fault("https://0xa9fea9fe/latest", true).contains("169.254.169.254"));
}

/// Answers one address at first and another one from then on, as who wants to lead a server astray does.
#[derive(Debug)]
struct Names(Mutex<Vec<SocketAddr>>);

#[async_trait]
impl Resolver for Names {
    async fn resolve(&self, _: &str, _: u16) -> io::Result<Vec<SocketAddr>> {
        let mut answers = self.0.lock().unwrap();
        Ok(vec![if answers.len() > 1 { answers.remove(0) } else { answers[0] }])
    }
}

/// Answers all of these.
#[derive(Debug)]
struct AllOf(Vec<SocketAddr>);

#[async_trait]
impl Resolver for AllOf {
    async fn resolve(&self, _: &str, _: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(self.0.clone())
    }
}

/// Knows no name.
#[derive(Debug)]
struct NoNames;

#[async_trait]
impl Resolver for NoNames {
    async fn resolve(&self, host: &str, _: u16) -> io::Result<Vec<SocketAddr>> {
        Err(io::Error::other(format!("{host} was looked up")))
    }
}

struct Heard {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

/// A server that answers each call with one of these.
async fn counterpart(answers: &'static [&'static str]) -> Heard {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = Arc::clone(&requests);
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut text = Vec::new();
            let mut piece = [0; 4096];
            while !text.ends_with(b"}") {
                let read = stream.read(&mut piece).await.unwrap();
                if read == 0 {
                    break;
                }
                text.extend_from_slice(&piece[..read]);
            }
            heard.lock().unwrap().push(String::from_utf8(text).unwrap());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    Heard { address, requests }
}

fn request() -> DeployRequest {
    DeployRequest {
        key: "7.staging.1".to_owned(),
        repository: "acme/store".to_owned(),
        branch: BranchName::new("staging").unwrap(),
        clone_url: String::new(),
        build_settings: std::collections::BTreeMap::new(),
        look_again_at: None,
        deploy: crate::deploy::samples::deploy(1, 1),
    }
}

async fn start(caller: &Caller, url: String, allow_private: bool) -> Result<Started, DriverError> {
    let endpoint = Endpoint { url, secret: None, allow_private };
    let key = SigningKey::read(SECRET).unwrap();
    let report_url = Some("https://towpath.example/webhooks/deploys".to_owned());
    let driver = WebhookDriver { caller, endpoint: &endpoint, key, report_url, now: UnixMillis(5_000) };
    driver.start(&request(), false).await
}

fn caller(answers: Vec<SocketAddr>) -> Caller {
    Caller::new(Arc::new(Names(Mutex::new(answers))), Duration::from_secs(5))
}

#[tokio::test]
async fn a_deploy_is_told_signed_and_a_repeated_call_is_the_same() {
    let heard = counterpart(&[
        "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
    ])
    .await;
    let caller = caller(vec![heard.address]);
    let url = || format!("http://deploy.internal:{}/hook?x=1", heard.address.port());
    assert!(matches!(start(&caller, url(), true).await, Err(DriverError::Later { .. })));
    assert_eq!(start(&caller, url(), true).await.unwrap(), Started::default());
    let requests = heard.requests.lock().unwrap();
    assert_eq!(requests[0], requests[1]);
    let (first, body) = requests[0].split_once("\r\n\r\n").unwrap();
    assert!(first.starts_with("POST /hook?x=1 HTTP/1.1"), "{first}");
    let mut headers = HeaderMap::new();
    for line in first.lines().skip(1) {
        let (name, value) = line.split_once(": ").unwrap();
        headers.insert(http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    }
    let key = SigningKey::read(SECRET).unwrap();
    assert_eq!(key.verify(&headers, body.as_bytes(), UnixSeconds(5)).unwrap(), "msg_7.staging.1");
    let told: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(told["type"], "deploy.requested");
    assert_eq!(told["data"]["deploy"], "7.staging.1");
    assert_eq!(told["data"]["report_url"], "https://towpath.example/webhooks/deploys");
}

#[tokio::test]
async fn what_leads_into_a_private_network_is_not_called_however_it_is_named() {
    let heard = counterpart(&["HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"]).await;
    let port = heard.address.port();
    // A name whose first answer is public and whose second is this machine: the first is what is connected to.
    let public: SocketAddr = format!("192.0.2.1:{port}").parse().unwrap();
    let rebinding =
        Caller::new(Arc::new(Names(Mutex::new(vec![heard.address, public]))), Duration::from_millis(300));
    let refused = start(&rebinding, format!("https://deploy.example.com:{port}/"), false).await;
    assert!(
        matches!(&refused, Err(DriverError::Refused { message, .. }) if message.as_str().contains("private network")),
        "{refused:?}"
    );
    assert!(heard.requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn redirects_are_not_followed_and_refusals_are_told_from_troubles() {
    let aim = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let location = aim.local_addr().unwrap();
    let led = format!("HTTP/1.1 307 Go\r\nlocation: http://{location}/\r\ncontent-length: 0\r\n\r\n");
    for (answer, again) in [
        ("HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n", false),
        (led.leak(), false),
        ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", false),
        ("HTTP/1.1 429 Slow\r\ncontent-length: 0\r\n\r\n", true),
        ("HTTP/1.1 503 Later\r\ncontent-length: 0\r\n\r\n", true),
        ("", true),
    ] {
        let answers: &'static [&'static str] = Box::leak(Box::new([answer]));
        let heard = counterpart(answers).await;
        let caller = caller(vec![heard.address]);
        let handed = start(&caller, format!("http://deploy.internal:{}/", heard.address.port()), true).await;
        assert_eq!(matches!(handed, Err(DriverError::Later { .. })), again, "{answer:?}: {handed:?}");
        assert!(handed.is_err());
        if answer.contains("location") {
            assert!(format!("{handed:?}").contains("redirects"), "{handed:?}");
        }
    }
    let led = tokio::time::timeout(Duration::from_millis(50), aim.accept()).await;
    assert!(led.is_err(), "a redirect was followed");
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_the_second_time_is_asked_once() {
    let heard = counterpart(&["HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"]).await;
    let port = heard.address.port();
    let elsewhere = TcpListener::bind(("127.0.0.2", port)).await.unwrap();
    let names = Arc::new(Names(Mutex::new(vec![heard.address, elsewhere.local_addr().unwrap()])));
    let caller = Caller::new(Arc::clone(&names) as Arc<dyn Resolver>, Duration::from_secs(5));
    let url = format!("http://deploy.internal:{port}/");
    assert_eq!(start(&caller, url, true).await.unwrap(), Started::default());
    assert_eq!(heard.requests.lock().unwrap().len(), 1);
    assert_eq!(*names.0.lock().unwrap(), [elsewhere.local_addr().unwrap()], "asked more than once");
}

#[tokio::test]
async fn of_the_addresses_of_a_name_only_those_that_are_allowed_are_connected_to() {
    let heard = counterpart(&["HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"]).await;
    let port = heard.address.port();
    let metadata: SocketAddr = format!("169.254.169.254:{port}").parse().unwrap();
    let url = || format!("http://deploy.internal:{port}/");
    let of = |addresses| Caller::new(Arc::new(AllOf(addresses)), Duration::from_secs(5));
    assert_eq!(start(&of(vec![metadata, heard.address]), url(), true).await.unwrap(), Started::default());
    let refused = start(&of(vec![metadata]), url(), true).await;
    assert!(
        matches!(&refused, Err(DriverError::Refused { message, .. }) if message.as_str().contains("169.254.169.254, which is never called")),
        "{refused:?}"
    );
    let nowhere = start(&of(vec![]), url(), true).await;
    assert!(
        matches!(&nowhere, Err(DriverError::Later { message, .. }) if message.as_str().contains("no address")),
        "{nowhere:?}"
    );
}

#[tokio::test]
async fn an_address_in_the_place_of_a_name_is_called_without_asking_anybody() {
    let heard = counterpart(&["HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"]).await;
    let caller = Caller::new(Arc::new(NoNames), Duration::from_secs(5));
    let port = heard.address.port();
    let refused = start(&caller, format!("https://0x7f.1:{port}/"), false).await;
    assert!(matches!(&refused, Err(DriverError::Refused { .. })), "{refused:?}");
    assert!(heard.requests.lock().unwrap().is_empty());
    assert_eq!(start(&caller, format!("http://127.1:{port}/"), true).await.unwrap(), Started::default());
}

#[test]
fn an_answer_from_where_nothing_was_checked_does_not_count() {
    let url = Url::parse("https://deploy.example.com/hook?token=x").unwrap();
    let at = |text: &str| text.parse::<SocketAddr>().unwrap();
    let checked = [at("93.184.215.14:443"), at("[2606:2800:21f:cb07::1]:443")];
    for peer in checked {
        assert!(call::check_peer(&url, Some(peer), &checked).is_ok());
    }
    for peer in [Some(at("93.184.215.15:443")), Some(at("127.0.0.1:443")), None] {
        let error = call::check_peer(&url, peer, &checked).unwrap_err();
        assert!(!error.may_pass() && !error.words().contains("token"), "{error:?}");
    }
}

#[tokio::test]
async fn an_answer_without_end_is_left() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let talks = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n").await.unwrap();
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    });
    let caller = caller(vec![address]);
    let url = format!("http://deploy.internal:{}/", address.port());
    assert_eq!(start(&caller, url, true).await.unwrap(), Started::default());
    tokio::time::timeout(Duration::from_secs(5), talks).await.expect("the connection stays").unwrap();
}

#[tokio::test]
async fn an_encrypted_call_goes_to_the_checked_address_under_the_hosts_name() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let hello = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = vec![0; 4096];
        let read = stream.read(&mut bytes).await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Speak plainly\r\n\r\n").await.unwrap();
        bytes.truncate(read);
        bytes
    });
    let url = format!("https://deploy.internal:{}/hook?token=x", address.port());
    let failed = start(&caller(vec![address]), url, true).await;
    let Err(DriverError::Later { message, .. }) = &failed else { panic!("{failed:?}") };
    let words = message.as_str();
    assert!(
        words.contains(&format!(
            "https://deploy.internal:{}/hook could not be called encrypted",
            address.port()
        )),
        "{words}"
    );
    assert!(!words.contains("token"), "{words}");
    let hello = hello.await.unwrap();
    assert_eq!(hello[0], 22, "no handshake of TLS: {hello:?}");
    assert!(String::from_utf8_lossy(&hello).contains("deploy.internal"), "the host is not named");
}

#[tokio::test]
async fn what_fails_is_told_with_its_cause_and_kept_with_its_sources() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let url = format!("http://deploy.internal:{}/hook?token=x#y", address.port());
    let endpoint = Endpoint { url: url.clone(), secret: None, allow_private: true };
    let key = SigningKey::read(SECRET).unwrap();
    let post = async |caller: Caller| {
        let call = Call { endpoint: &endpoint, key: &key, id: "a", body: &json!({}), at: UnixSeconds(5) };
        caller.post(call).await.unwrap_err()
    };
    let closed = post(caller(vec![address])).await;
    assert!(closed.words().contains("Connection refused"), "{}", closed.words());
    let io = std::iter::successors(std::error::Error::source(&closed), |&it| it.source())
        .find_map(|it| it.downcast_ref::<io::Error>());
    assert_eq!(io.map(io::Error::kind), Some(io::ErrorKind::ConnectionRefused));
    let unknown = post(Caller::new(Arc::new(NoNames), Duration::from_secs(5))).await;
    assert!(unknown.words().contains("deploy.internal was looked up"), "{}", unknown.words());
    for error in [closed, unknown] {
        let (words, logged) = (error.words(), error_chain(&error));
        assert!(words.contains(url.split('?').next().unwrap()), "{words}");
        assert!(logged.contains(url.split('?').next().unwrap()), "{logged}");
        assert!(!words.contains("token") && !logged.contains("token"), "{words}, {logged}");
        assert!(error.may_pass());
    }
}

/// Runs a test again in a process whose environment names a proxy that nobody listens at.
#[test]
fn a_proxy_of_the_environment_is_not_used() {
    let within = "deploy::drivers::webhook::tests::a_deploy_is_told_signed_and_a_repeated_call_is_the_same";
    let mut again = std::process::Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", within]);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        again.env(name, "http://127.0.0.1:1");
    }
    let output = again.env_remove("NO_PROXY").env_remove("no_proxy").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn what_is_called_back_is_cut_and_only_links_for_browsers_are_taken() {
    let text = r#"{"type":"deploy.report","data":{"deploy":"7.staging.1","state":"failure","phase":"deploy","step":"install",
        "words":"boom","log_url":"javascript:alert(1)","environment_url":"https://staging.example"}}"#;
    let back: CallBack = serde_json::from_str(text).unwrap();
    let report = back.data.report(UnixMillis(9));
    assert_eq!(
        (report.state, report.phase, report.at),
        (ReportedState::Failed, Some(Phase::Deploy), UnixMillis(9))
    );
    assert_eq!((report.log_url, report.environment_url.as_deref()), (None, Some("https://staging.example")));
    assert!(serde_json::from_str::<CallBack>(r#"{"data":{"deploy":"x","state":"done"}}"#).is_err());
}
