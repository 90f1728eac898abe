// The products of vectors with rows of weights, included once for each type of element: NAMED(x)
// names a function, ELEMENT is the type, LOAD converts 16 elements to floats, SINGLE converts one.

/// The products of a vector with `streams` rows, a constant, `distance` rows apart.
INLINE void NAMED(_dots)(int streams, RowDots dots, long vector, long row, long distance) {
  ANY_ORDER
  const ELEMENT *w = (const ELEMENT *)dots.weights.elements + row * dots.weights.stride;
  const float *x = dots.x + vector * dots.x_stride;
  const long columns = dots.weights.columns, apart = distance * dots.weights.stride;
  Lanes even[STREAMS], odd[STREAMS];
  UNROLL for (int i = 0; i < STREAMS; i++) even[i] = odd[i] = (Lanes){0};
  long c = 0;
  for (; c + 2 * LANES <= columns; c += 2 * LANES) {
    const Lanes first = *(const Lanes *)(x + c), second = *(const Lanes *)(x + c + LANES);
    UNROLL for (int i = 0; i < streams; i++) {
      even[i] += LOAD(w + i * apart + c) * first;
      odd[i] += LOAD(w + i * apart + c + LANES) * second;
    }
  }
  if (c + LANES <= columns) {
    UNROLL for (int i = 0; i < streams; i++)
      even[i] += LOAD(w + i * apart + c) * *(const Lanes *)(x + c);
    c += LANES;
  }
  float tails[STREAMS] = {0};
  for (; c < columns; c++)
    UNROLL for (int i = 0; i < streams; i++) tails[i] += SINGLE(w[i * apart + c]) * x[c];
  UNROLL for (int i = 0; i < STREAMS; i++) even[i] += odd[i];
  store_dots(even, tails, streams, dots, dots.y + vector * dots.y_stride, row, distance);
}

INLINE void NAMED(_all_dots)(long vectors, RowDots dots) {
  const long distance = dots.rows / STREAMS;
  for (long row = 0; row < distance; row++)
    for (long v = 0; v < vectors; v++) NAMED(_dots)(STREAMS, dots, v, row, distance);
  for (long row = STREAMS * distance; row < dots.rows; row++)
    for (long v = 0; v < vectors; v++) NAMED(_dots)(1, dots, v, row, 0);
}

EVERY_CPU void NAMED(_row_dots)(RowDots dots) {
  if (dots.vectors == 1) NAMED(_all_dots)(1, dots);
  else NAMED(_all_dots)(dots.vectors, dots);
}

/// Adds `count` rows, a constant, to the sums of `vectors` vectors, one row after the other.
INLINE void NAMED(_add)(int count, long vectors, RowCombination c, long first) {
  const ELEMENT *rows[TOGETHER];
  float alone[TOGETHER];
  UNROLL for (int k = 0; k < count; k++) {
    const long row = c.indices ? c.indices[first + k] : first + k;
    rows[k] = (const ELEMENT *)c.weights.elements + row * c.weights.stride;
    alone[k] = c.coefficients[first + k];
  }
  long i = 0;
  for (; i + LANES <= c.weights.columns; i += LANES) {
    Lanes w[TOGETHER];
    UNROLL for (int k = 0; k < count; k++) w[k] = LOAD(rows[k] + i);
    for (long v = 0; v < vectors; v++) {
      const float *factors = vectors == 1 ? alone : c.coefficients + v * c.coefficient_stride + first;
      Lanes *y = (Lanes *)(c.y + v * c.y_stride + i), sum = *y;
      UNROLL for (int k = 0; k < count; k++) sum += w[k] * factors[k];
      *y = sum;
    }
  }
  for (; i < c.weights.columns; i++)
    for (long v = 0; v < vectors; v++)
      UNROLL for (int k = 0; k < count; k++)
        c.y[v * c.y_stride + i] +=
            SINGLE(rows[k][i]) * c.coefficients[v * c.coefficient_stride + first + k];
}

INLINE void NAMED(_combine)(long vectors, RowCombination c) {
  for (long v = 0; v < vectors; v++)
    for (long i = 0; i < c.weights.columns; i++) c.y[v * c.y_stride + i] = 0;
  long row = 0;
  for (; row + TOGETHER <= c.count; row += TOGETHER) NAMED(_add)(TOGETHER, vectors, c, row);
  for (; row + 4 <= c.count; row += 4) NAMED(_add)(4, vectors, c, row);
  for (; row + 2 <= c.count; row += 2) NAMED(_add)(2, vectors, c, row);
  for (; row < c.count; row++) NAMED(_add)(1, vectors, c, row);
}

EVERY_CPU void NAMED(_row_combination)(RowCombination combination) {
  if (combination.vectors == 1) NAMED(_combine)(1, combination);
  else NAMED(_combine)(combination.vectors, combination);
}

#undef NAMED
#undef ELEMENT
#undef LOAD
#undef SINGLE
