//! MQTT 5: as 3.1.1, with headers, media types and correlation, and with reasons.

use rumqttc::{
    Outgoing,
    v5::{
        AsyncClient, ConnectionError, Event, EventLoop, MqttOptions,
        mqttbytes::{
            QoS,
            v5::{ConnectReturnCode, Packet, PubAckReason, PubCompReason, PublishProperties, SubscribeReasonCode},
        },
    },
};

use super::{Broken, Channel, ChannelError, Client, KEEP_ALIVE, Message, Messages, REQUESTS, Seen, Setup};
use crate::worlds::local::channels::{MAX_MESSAGE, PATIENCE, explain};

pub(in super::super) async fn publish(channel: &Channel, message: Message) -> Result<(), ChannelError> {
    super::publish::<Five>(channel, message).await
}

pub(in super::super) async fn subscribe(channel: &Channel, messages: &Messages) -> Result<(), ChannelError> {
    super::subscribe::<Five>(channel, messages).await
}

struct Five {
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

impl Client for Five {
    fn new(_: &Channel, setup: Setup) -> Result<Self, ChannelError> {
        let mut options = MqttOptions::new(setup.client, setup.host, setup.port);
        options.set_keep_alive(KEEP_ALIVE).set_clean_start(true).set_connection_timeout(PATIENCE.as_secs());
        options.set_max_packet_size(u32::try_from(MAX_MESSAGE).ok());
        if let Some((username, password)) = setup.login {
            options.set_credentials(username, password);
        }
        if let Some(tls) = setup.tls {
            options.set_transport(tls);
        }
        let (client, connection) = AsyncClient::new(options, REQUESTS);
        Ok(Self { client, connection })
    }

    async fn next(&mut self) -> Result<Seen, Broken> {
        Ok(match self.connection.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => Seen::Connected,
            Ok(Event::Incoming(Packet::SubAck(answer))) => match answer.return_codes.first() {
                Some(SubscribeReasonCode::Success(_)) | None => Seen::Subscribed(Ok(())),
                Some(reason) => Seen::Subscribed(Err(format!("{reason:?}"))),
            },
            Ok(Event::Incoming(Packet::Publish(publish))) => {
                let properties = publish.properties.unwrap_or_default();
                Seen::Message(Message {
                    payload: publish.payload.to_vec(),
                    content_type: properties.content_type,
                    headers: properties.user_properties,
                    correlation: properties.correlation_data.map(|data| String::from_utf8_lossy(&data).into_owned()),
                })
            }
            Ok(Event::Incoming(Packet::PubAck(answer))) => Seen::Acknowledged(match answer.reason {
                PubAckReason::Success | PubAckReason::NoMatchingSubscribers => Ok(()),
                reason => Err(format!("the broker refuses the message: {reason:?}")),
            }),
            Ok(Event::Incoming(Packet::PubComp(answer))) => Seen::Acknowledged(match answer.reason {
                PubCompReason::Success => Ok(()),
                reason => Err(format!("the broker refuses the message: {reason:?}")),
            }),
            Ok(Event::Incoming(Packet::Disconnect(farewell))) => {
                Seen::Ended(format!("the broker ended the connection: {:?}", farewell.reason_code))
            }
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
        let properties = PublishProperties {
            content_type: message.content_type,
            user_properties: message.headers,
            correlation_data: message.correlation.map(|correlation| correlation.into_bytes().into()),
            ..PublishProperties::default()
        };
        let (quality, retain) = (quality(channel), channel.bindings.retain);
        let sent = self.client.publish_with_properties(&channel.address, quality, retain, message.payload, properties).await;
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
