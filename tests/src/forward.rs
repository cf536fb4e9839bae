//! What stands before several programs, as a load balancer does.

use std::{
    io,
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    thread,
};

/// An address of the loopback, each of whose connections is passed on to the first of these servers that takes it: the
/// next one's turn comes when one is killed. Until the process of the tests ends.
pub fn to_first_alive(servers: Vec<SocketAddr>) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let alive = servers.iter().find_map(|it| TcpStream::connect(it).ok());
            // A connection that nobody takes is closed by being dropped.
            if let Some(server) = alive {
                join(&client, &server).expect("a connection has two directions");
            }
        }
    });
    address
}

/// Passes on what comes at each end, until either goes away: then the other one is closed.
fn join(client: &TcpStream, server: &TcpStream) -> io::Result<()> {
    for (from, to) in [(client, server), (server, client)] {
        let (mut from, mut to) = (from.try_clone()?, to.try_clone()?);
        thread::spawn(move || {
            // However it ends, none goes on alone.
            let _ = io::copy(&mut from, &mut to);
            for end in [from, to] {
                let _ = end.shutdown(Shutdown::Both);
            }
        });
    }
    Ok(())
}
