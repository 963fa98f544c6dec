//! Group A: signature objects with attributes that a strict reader stumbles over.

use super::tools::delivery;
use super::vector::{Group, Low, Vector};
use crate::support::cms::Attribute;
use crate::support::message::Message;

const A: Group = Group("a-signature");

/// An element with a tag number over 30.
const HIGH_TAG: &[u8] = &[0xbf, 0x20, 0x02, 0x05, 0x00];

pub fn all() -> Vec<Vector> {
    vec![
        genuine(
            "object-with-an-odd-element-in-the-bag",
            "The bag holds an element with a high tag number, which is no \
             certificate of any kind we know. The bag is not signed.",
            {
                let mut message = delivery().message();
                message.signed.certificates.push(HIGH_TAG.to_vec());
                message
            },
        ),
        genuine(
            "attribute-with-a-high-tag-number",
            "An unknown signed attribute has a value with a high tag number.",
            attributed(vec![HIGH_TAG.to_vec()]),
        ),
        genuine(
            "attribute-with-a-length-in-two-octets",
            "An unknown signed attribute has a value whose length takes more octets \
             than it needs (BER).",
            attributed(vec![vec![0x04, 0x81, 0x01, b'a']]),
        ),
        genuine(
            "attribute-without-values",
            "An unknown signed attribute has no value.",
            attributed(Vec::new()),
        ),
        genuine(
            "attribute-with-two-values",
            "An unknown signed attribute has two values.",
            attributed(vec![vec![0x04, 0x01, b'a'], vec![0x04, 0x01, b'b']]),
        ),
    ]
}

fn genuine(name: &'static str, text: &'static str, message: Message) -> Vector {
    A.genuine(name)
        .case(0, Low)
        .because(text)
        .message(message.to_eml())
        .absent("cms.decode")
}

fn attributed(values: Vec<Vec<u8>>) -> Message {
    delivery().message().signer(|signer, _| {
        signer.and(Attribute {
            oid: "1.2.3.4",
            values,
        })
    })
}
