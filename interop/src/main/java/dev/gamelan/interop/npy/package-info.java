/** NumPy's files: one array ({@code .npy}) or several by name ({@code .npz}). */
@NullMarked
package dev.gamelan.interop.npy;

import org.jspecify.annotations.NullMarked;
