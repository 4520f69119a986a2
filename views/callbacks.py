"""What banks tell us: public, without a form token, believed only by its signature."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, request

import clock
from services import orders
from views.access import public

bp = Blueprint("callbacks", __name__)


@bp.route("/callbacks/<gateway>", methods=["GET", "POST"])
@public
def hear(gateway: str) -> Response:
    bank = current_app.extensions.get("gateways", {}).get(gateway) or abort(404)
    call = orders.Callback(
        method=request.method,
        query=request.args.to_dict(),
        form=request.form.to_dict(),
        headers=dict(request.headers),
        body=b"" if request.form else request.get_data(),
        address=request.remote_addr or "",
    )
    answer = orders.hear(bank, call, clock.local_now())
    return Response(answer.body, answer.status, content_type=answer.content_type)
