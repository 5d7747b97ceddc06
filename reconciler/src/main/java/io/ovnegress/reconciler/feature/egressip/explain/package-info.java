/** Answers to questions: what selection, placement and translation say, put into words. Nothing is decided here. */
package io.ovnegress.reconciler.feature.egressip.explain;
