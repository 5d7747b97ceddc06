package io.ovnegress.reconciler.input;

/** An observed object of the Kubernetes API, cut to what we read. */
public sealed interface InputObject permits EgressIpInput, NamespaceInput, NodeInput, PodInput {}
