/**
 * Expressions that run once or twice, computed without making a program of their own: one operation after another over blocks of
 * elements that stay in the first cache, as databases do. The loops are ordinary methods, which the JDK may have loaded, profiled
 * and compiled before; a kernel made for the expression would have to go through all of that, for nothing if it never runs again.
 */
@NullMarked
package dev.gamelan.codegen.blocks;

import org.jspecify.annotations.NullMarked;
