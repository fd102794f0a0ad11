"""A server with digest authentication for tests. Prints its address."""

import secrets

from flask import Flask, jsonify
from flask_httpauth import HTTPDigestAuth
from werkzeug.serving import make_server

app = Flask("digest")
app.config["SECRET_KEY"] = "not secret"
simple = HTTPDigestAuth(algorithm="MD5")
whole = HTTPDigestAuth(algorithm="MD5-Sess", qop="auth")


nonces = set()


# The library keeps what it gave out in a cookie; a client of a service has none.
@simple.generate_nonce
@simple.generate_opaque
@whole.generate_nonce
@whole.generate_opaque
def give():
    nonces.add(nonce := secrets.token_hex())
    return nonce


@simple.verify_nonce
@simple.verify_opaque
@whole.verify_nonce
@whole.verify_opaque
def known(nonce):
    return nonce in nonces


@simple.get_password
@whole.get_password
def password(user):
    return {"ada": "lovelace, or so"}.get(user)


@app.route("/simple", methods=["GET", "POST"])
@simple.login_required
def one():
    return jsonify(user=simple.username())


@app.route("/session", methods=["GET", "POST"])
@whole.login_required
def two():
    return jsonify(user=whole.username())


server = make_server("127.0.0.1", 0, app, threaded=True)
print(f"http://127.0.0.1:{server.port}", flush=True)
server.serve_forever()
