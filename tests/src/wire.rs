//! Telling a browser over a WebSocket what to do: in the Chrome DevTools Protocol, and in WebDriver BiDi of the W3C. In both
//! a question has a number, and its answer the same one.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::{net, time::Duration};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

/// For an answer that a busy machine gives late.
const PATIENCE: Duration = Duration::from_secs(40);

/// A connection to a browser.
pub(crate) struct Wire {
    socket: WebSocketStream<TcpStream>,
    asked: u64,
}

impl Wire {
    /// Over a connection to where the browser listens.
    pub(crate) async fn over(stream: net::TcpStream, path: &str) -> Self {
        let address = stream.peer_addr().expect("it is connected");
        stream.set_nonblocking(true).expect("it can be asked");
        let stream = TcpStream::from_std(stream).expect("it can be awaited");
        let url = format!("ws://{address}{path}");
        let (socket, _) = client_async(url, stream)
            .await
            .expect("the browser speaks WebSocket");
        Self { socket, asked: 0 }
    }

    /// Asks, and waits for the answer; null: the browser could not do it.
    pub(crate) async fn ask(&mut self, method: &str, parameters: Value) -> Value {
        self.asked += 1;
        let asked = json!({ "id": self.asked, "method": method, "params": parameters });
        let sent = self.socket.send(Message::text(asked.to_string())).await;
        sent.expect("the browser is there");
        let answer = async {
            loop {
                let heard = self.socket.next().await.expect("the browser is there");
                let heard = heard.expect("the browser is there");
                let Message::Text(text) = heard else { continue };
                let mut heard: Value = serde_json::from_str(text.as_str()).expect("it is JSON");
                // What else happens in the browser has no number.
                if heard["id"] == self.asked {
                    // An error is null: a page that is just left cannot be asked.
                    return heard["result"].take();
                }
            }
        };
        timeout(PATIENCE, answer)
            .await
            .expect("the browser answers")
    }
}
