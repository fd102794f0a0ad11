//! `flowdbg serve` and `flowdbg dap`: what can be said before anybody connects.

use crate::support::Folder;

#[test]
fn a_busy_port_is_told_with_the_mend() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said =
        format!("error: port {port} is in use already: end what listens there, or choose another port with --port (0 takes a free one)\n");
    for command in ["serve", "dap"] {
        assert_eq!(Folder::new(&[]).run(&[command, "--port", &port], ""), (2, String::new(), said.clone()));
    }
}

#[test]
fn an_empty_token_is_refused() {
    let said = Folder::new(&[]).run(&["serve", "--token", ""], "");
    assert_eq!(said, (2, String::new(), "error: --token is empty: that would let everybody in\n".to_owned()));
}

#[test]
fn a_debug_client_on_standard_input_is_greeted() {
    let body = r#"{"seq":1,"type":"request","command":"initialize","arguments":{"adapterID":"flowdbg"}}"#;
    let (code, out, err) = Folder::new(&[]).run(&["dap"], &format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    assert!(out.contains(r#""supportsConfigurationDoneRequest":true"#), "{out}");
    assert_eq!((code, err.as_str()), (0, ""));
    let (code, _, err) = Folder::new(&[]).run(&["dap"], "hello\n\n");
    assert!(code == 1 && err.starts_with("error: "), "{err}");
}

#[test]
fn every_command_has_help_with_its_name() {
    let folder = Folder::new(&[]);
    let (code, out, _) = folder.run(&["--help"], "");
    assert!(code == 0 && !out.contains("evaluate-worker"), "{out}");
    for command in ["run", "check", "debug", "lsp", "dap", "serve"] {
        assert!(out.contains(&format!("\n  {command} ")), "{out}");
        let (code, help, _) = folder.run(&[command, "--help"], "");
        assert!(code == 0 && help.contains(&format!("Usage: flowdbg {command}")), "{help}");
    }
}
