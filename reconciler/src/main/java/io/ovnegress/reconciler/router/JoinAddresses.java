package io.ovnegress.reconciler.router;

import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpNetwork;
import io.ovnegress.reconciler.northbound.NorthboundView;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The addresses of own routers on the join switch, whichever feature has them. The database is the memory: a router keeps the one that its port has. ovnkube takes
 * addresses from the bottom of the join subnets, we from the top. Not thread safe.
 */
public final class JoinAddresses {
    /** How many addresses of a large subnet are looked at. */
    private static final int MOST = 100_000;

    private final NorthboundView view;
    /** Those that are promised to routers which are not in the database yet. */
    private final Map<IpAddress, OwnRouter> promised = new HashMap<>();

    public JoinAddresses(NorthboundView view) {
        this.view = view;
    }

    /** With the length of the subnet: the one that the router has there, or is to have; empty if there is none left. */
    public Optional<IpNetwork> of(OwnRouter key, IpNetwork subnet) {
        return inDatabase(key, subnet).or(() -> promise(key, subnet));
    }

    /** The one that the router's port has, and no other port: somebody may have given it a node's. */
    public Optional<IpNetwork> inDatabase(OwnRouter key, IpNetwork subnet) {
        return view.portNetworks(key.insidePort()).stream()
                .flatMap(network -> IpNetwork.parse(network).stream())
                .filter(network -> subnet.contains(network.address()))
                .filter(network -> isItsOwn(network.address()))
                .min((one, other) -> one.text().compareTo(other.text()));
    }

    private boolean isItsOwn(IpAddress address) {
        return view.portNetworks()
                        .filter(network -> address.text().equals(addressOf(network)))
                        .count()
                == 1;
    }

    private static String addressOf(String network) {
        int slash = network.indexOf('/');
        return slash < 0 ? network : network.substring(0, slash);
    }

    /** What was promised to the router is free again, unless its port has it. */
    public void forget(OwnRouter key) {
        promised.values().removeIf(key::equals);
    }

    private Optional<IpNetwork> promise(OwnRouter key, IpNetwork subnet) {
        var taken = taken();
        promised.keySet().removeIf(address -> promised.get(address).equals(key) && taken.contains(address.text()));
        for (var entry : promised.entrySet()) {
            if (entry.getValue().equals(key) && subnet.contains(entry.getKey())) {
                return IpNetwork.parse(entry.getKey() + "/" + subnet.prefixLength());
            }
        }
        for (int i = 1; i < MOST; i++) { // the last one is for all hosts
            var address = subnet.addressFromEnd(i);
            if (address.isEmpty()) {
                return Optional.empty();
            }
            if (!taken.contains(address.get().text()) && !promised.containsKey(address.get())) {
                promised.put(address.get(), key);
                return IpNetwork.parse(address.get() + "/" + subnet.prefixLength());
            }
        }
        return Optional.empty();
    }

    private Set<String> taken() {
        var taken = new HashSet<String>();
        view.portNetworks().forEach(network -> taken.add(addressOf(network)));
        return taken;
    }
}
