package io.ovnegress.reconciler.feature.firewall;

/** What an explanation says of firewalls besides the reasons of their conditions: a closed set. */
enum FirewallFinding {
    /** The namespace has a firewall, which decides by destination. */
    HasFirewall,
    /** An administrators' policy selects the namespace. */
    HasAdminPolicy,
    /** The rule that decides lets it pass. */
    Allowed,
    /** The rule that decides drops it. */
    Denied,
    /** No rule has to do with it. */
    NotRuled,
    /** Whether a rule fits cannot be told. */
    NotToldByFirewall
}
