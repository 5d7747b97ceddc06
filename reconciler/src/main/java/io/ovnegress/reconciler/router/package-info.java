/**
 * Logical routers of our own, whichever feature has them: how their rows look, which addresses they have on the join switch, and how
 * the nodes that serve them are connected with the outside. Knows no feature.
 */
package io.ovnegress.reconciler.router;
