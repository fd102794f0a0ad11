//! MQTT 3.1.1.

use rumqttc::{AsyncClient, ConnectReturnCode, ConnectionError, Event, EventLoop, MqttOptions, Outgoing, Packet, QoS, SubscribeReasonCode};

use super::{Broken, Channel, ChannelError, Client, KEEP_ALIVE, Message, Messages, REQUESTS, Seen, Setup};
use crate::worlds::local::channels::{MAX_MESSAGE, PATIENCE, explain};

pub(in super::super) async fn publish(channel: &Channel, message: Message) -> Result<(), ChannelError> {
    super::publish::<Four>(channel, message).await
}

pub(in super::super) async fn subscribe(channel: &Channel, messages: &Messages) -> Result<(), ChannelError> {
    super::subscribe::<Four>(channel, messages).await
}

struct Four {
    client: AsyncClient,
    connection: EventLoop,
}

fn quality(channel: &Channel) -> QoS {
    match channel.bindings.quality {
        0 => QoS::AtMostOnce,
        1 => QoS::AtLeastOnce,
        _ => QoS::ExactlyOnce,
    }
}

impl Client for Four {
    fn new(_: &Channel, setup: Setup) -> Result<Self, ChannelError> {
        let mut options = MqttOptions::new(setup.client, setup.host, setup.port);
        options.set_keep_alive(KEEP_ALIVE).set_clean_session(true).set_max_packet_size(MAX_MESSAGE, MAX_MESSAGE);
        if let Some((username, password)) = setup.login {
            options.set_credentials(username, password);
        }
        if let Some(tls) = setup.tls {
            options.set_transport(tls);
        }
        let (client, mut connection) = AsyncClient::new(options, REQUESTS);
        connection.network_options.set_connection_timeout(PATIENCE.as_secs());
        Ok(Self { client, connection })
    }

    async fn next(&mut self) -> Result<Seen, Broken> {
        Ok(match self.connection.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => Seen::Connected,
            Ok(Event::Incoming(Packet::SubAck(answer))) => match answer.return_codes.first() {
                Some(SubscribeReasonCode::Failure) => Seen::Subscribed(Err("it may not read this topic".to_owned())),
                _ => Seen::Subscribed(Ok(())),
            },
            Ok(Event::Incoming(Packet::Publish(publish))) => {
                Seen::Message(Message { payload: publish.payload.to_vec(), ..Message::default() })
            }
            Ok(Event::Incoming(Packet::PubAck(_) | Packet::PubComp(_))) => Seen::Acknowledged(Ok(())),
            Ok(Event::Incoming(Packet::Disconnect)) => Seen::Ended("the broker ended the connection".to_owned()),
            Ok(Event::Outgoing(Outgoing::Publish(_))) => Seen::Sent,
            Ok(Event::Incoming(_) | Event::Outgoing(_)) => Seen::Other,
            Err(ConnectionError::ConnectionRefused(code)) => {
                let refused = matches!(code, ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized);
                return Err(Broken { refused, message: format!("the broker refuses the connection: {code:?}") });
            }
            Err(error) => return Err(Broken { refused: false, message: explain(&error) }),
        })
    }

    async fn send(&mut self, channel: &Channel, message: Message) -> Result<(), String> {
        let bindings = &channel.bindings;
        let sent = self.client.publish(&channel.address, quality(channel), bindings.retain, message.payload).await;
        sent.map_err(|error| error.to_string())
    }

    async fn take(&mut self, channel: &Channel) -> Result<(), String> {
        self.client.subscribe(&channel.address, quality(channel)).await.map_err(|error| error.to_string())
    }

    async fn leave(&mut self) {
        // A connection that has ended needs no farewell.
        let _ = self.client.disconnect().await;
    }
}
