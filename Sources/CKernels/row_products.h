// The products of a vector with rows of weights, included once for each kind of element:
// NAMED(x) names a function, ELEMENT is the type, LOAD and SINGLE make floats of 16 and of one.

/// The products of `streams` rows, a constant, that lie `distance` rows apart.
INLINE void NAMED(_dots)(int streams, RowDots dots, long row, long distance) {
  ANY_ORDER
  const ELEMENT *w = (const ELEMENT *)dots.weights.elements + row * dots.weights.stride;
  const long columns = dots.weights.columns, apart = distance * dots.weights.stride;
  Lanes even[STREAMS], odd[STREAMS];
  UNROLL for (int i = 0; i < STREAMS; i++) even[i] = odd[i] = (Lanes){0};
  long c = 0;
  for (; c + 2 * LANES <= columns; c += 2 * LANES) {
    const Lanes first = *(const Lanes *)(dots.x + c), second = *(const Lanes *)(dots.x + c + LANES);
    UNROLL for (int i = 0; i < streams; i++) {
      even[i] += LOAD(w + i * apart + c) * first;
      odd[i] += LOAD(w + i * apart + c + LANES) * second;
    }
  }
  if (c + LANES <= columns) {
    UNROLL for (int i = 0; i < streams; i++)
      even[i] += LOAD(w + i * apart + c) * *(const Lanes *)(dots.x + c);
    c += LANES;
  }
  float tails[STREAMS] = {0};
  for (; c < columns; c++)
    UNROLL for (int i = 0; i < streams; i++) tails[i] += SINGLE(w[i * apart + c]) * dots.x[c];
  UNROLL for (int i = 0; i < STREAMS; i++) even[i] += odd[i];
  store_dots(even, tails, streams, dots, row, distance);
}

EVERY_CPU void NAMED(_row_dots)(RowDots dots) {
  const long distance = dots.rows / STREAMS;
  for (long row = 0; row < distance; row++) NAMED(_dots)(STREAMS, dots, row, distance);
  for (long row = STREAMS * distance; row < dots.rows; row++) NAMED(_dots)(1, dots, row, 0);
}

/// Adds `count` rows, a constant.
INLINE void NAMED(_add)(int count, RowCombination c, long first) {
  ANY_ORDER
  const ELEMENT *rows[TOGETHER];
  float factors[TOGETHER];
  UNROLL for (int k = 0; k < count; k++) {
    const long row = c.indices ? c.indices[first + k] : first + k;
    rows[k] = (const ELEMENT *)c.weights.elements + row * c.weights.stride;
    factors[k] = c.coefficients[first + k];
  }
  long i = 0;
  for (; i + LANES <= c.weights.columns; i += LANES) {
    Lanes even = *(const Lanes *)(c.y + i), odd = {0};
    UNROLL for (int k = 0; k < count; k++) {
      if (k % 2 == 0) even += LOAD(rows[k] + i) * factors[k];
      else odd += LOAD(rows[k] + i) * factors[k];
    }
    *(Lanes *)(c.y + i) = even + odd;
  }
  for (; i < c.weights.columns; i++)
    UNROLL for (int k = 0; k < count; k++) c.y[i] += SINGLE(rows[k][i]) * factors[k];
}

EVERY_CPU void NAMED(_row_combination)(RowCombination combination) {
  for (long i = 0; i < combination.weights.columns; i++) combination.y[i] = 0;
  long row = 0;
  for (; row + TOGETHER <= combination.count; row += TOGETHER)
    NAMED(_add)(TOGETHER, combination, row);
  for (; row < combination.count; row++) NAMED(_add)(1, combination, row);
}

#undef NAMED
#undef ELEMENT
#undef LOAD
#undef SINGLE
