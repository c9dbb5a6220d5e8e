"""uvicorn's WebSocket, with another word for a peer that no longer answers pings.

It says 1011, after which no client comes back. But whoever was away for twenty seconds, or a machine that was too busy
to hear the pong, has done nothing wrong: 1013 says to try again.
"""

from typing import Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

SILENT: Final = "No answer to a ping: try again later"


class PatientWebSocket(WebSocketsSansIOProtocol):
    def keepalive_timeout(self) -> None:
        self.pong_timer = None
        self.pending_ping_payload = None
        if self.close_sent or self.transport.is_closing():
            return
        self.conn.fail(1013, SILENT)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.close()
