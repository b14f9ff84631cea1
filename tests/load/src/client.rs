//! Clients that send one call after the other and wait for each answer.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A call.
pub fn call(id: u64, tool: &str, arguments: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments}}}}}"#
    )
}

/// Something that answers calls.
pub trait Client {
    /// Sends a call and waits for the answer.
    fn ask(&mut self, call: &str) -> std::io::Result<String>;
}

/// A server over stdio, or a gateway before one.
pub struct Piped {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Piped {
    /// Starts it and shakes hands.
    pub fn start(command: &mut Command) -> std::io::Result<Piped> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?;
        let gone = || std::io::Error::other("no pipe");
        let (input, output) = (child.stdin.take().ok_or_else(gone)?, child.stdout.take().ok_or_else(gone)?);
        let mut piped = Piped { child, input, output: BufReader::new(output) };
        piped.ask(
            r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"load","version":"1"}}}"#,
        )?;
        piped.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)?;
        Ok(piped)
    }

    fn send(&mut self, text: &str) -> std::io::Result<()> {
        self.input.write_all(format!("{text}\n").as_bytes())?;
        self.input.flush()
    }
}

impl Client for Piped {
    fn ask(&mut self, call: &str) -> std::io::Result<String> {
        self.send(call)?;
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Err(std::io::Error::other("it left"));
        }
        Ok(line)
    }
}

impl Drop for Piped {
    fn drop(&mut self) {
        // It may have left by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection over HTTP that is kept.
pub struct Kept {
    output: TcpStream,
    input: BufReader<TcpStream>,
    head: String,
}

impl Kept {
    /// Connects; `headers` are lines that end in CR LF.
    pub fn connect(address: SocketAddr, path: &str, headers: &str) -> std::io::Result<Kept> {
        let output = TcpStream::connect(address)?;
        output.set_nodelay(true)?;
        output.set_read_timeout(Some(std::time::Duration::from_secs(30)))?;
        let input = BufReader::new(output.try_clone()?);
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\naccept: application/json, text/event-stream\r\n{headers}"
        );
        Ok(Kept { output, input, head })
    }
}

impl Client for Kept {
    fn ask(&mut self, call: &str) -> std::io::Result<String> {
        let request = format!("{}content-length: {}\r\n\r\n{call}", self.head, call.len());
        self.output.write_all(request.as_bytes())?;
        let (mut length, mut chunked) = (None, false);
        loop {
            let mut line = String::new();
            if self.input.read_line(&mut line)? == 0 {
                return Err(std::io::Error::other("the connection ended"));
            }
            let lower = line.trim().to_ascii_lowercase();
            if lower.is_empty() {
                break;
            }
            chunked |= lower == "transfer-encoding: chunked";
            length = lower.strip_prefix("content-length:").and_then(|text| text.trim().parse().ok()).or(length);
        }
        let mut body = Vec::new();
        match length {
            Some(length) => {
                body.resize(length, 0);
                self.input.read_exact(&mut body)?;
            }
            None if chunked => read_chunks(&mut self.input, &mut body)?,
            None => {}
        }
        String::from_utf8(body).map_err(std::io::Error::other)
    }
}

fn read_chunks(input: &mut impl BufRead, body: &mut Vec<u8>) -> std::io::Result<()> {
    loop {
        let mut line = String::new();
        input.read_line(&mut line)?;
        let length = usize::from_str_radix(line.trim(), 16).map_err(std::io::Error::other)?;
        let start = body.len();
        body.resize(start + length + 2, 0);
        input.read_exact(&mut body[start..])?;
        body.truncate(start + length);
        if length == 0 {
            return Ok(());
        }
    }
}
