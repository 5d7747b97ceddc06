package io.ovnegress.controller.endpoint;

import com.google.inject.Inject;
import io.ovnegress.controller.ovsdb.SessionState;
import io.ovnegress.controller.query.StatusApi;
import io.ovnegress.controller.southbound.SouthboundEndpoint;
import java.util.Optional;

/** How the sessions with both databases are. Thread safe. */
final class Sessions implements StatusApi.Session {
    private final NorthboundEndpoint northbound;
    private final SouthboundEndpoint southbound;

    @Inject
    Sessions(NorthboundEndpoint northbound, SouthboundEndpoint southbound) {
        this.northbound = northbound;
        this.southbound = southbound;
    }

    @Override
    public Optional<SessionState> session() {
        return northbound.session();
    }

    @Override
    public Optional<SessionState> southbound() {
        return southbound.state();
    }
}
