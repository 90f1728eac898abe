/// The distance of `values` from `reference` relative to the reference's norm:
/// ‖a − b‖ / ‖b‖, or ‖a‖ where the reference is zero.
func relativeError(_ values: [Float], _ reference: [some BinaryFloatingPoint]) -> Double {
  precondition(values.count == reference.count, "\(values.count) and \(reference.count) values")
  var difference = 0.0
  var norm = 0.0
  for (a, b) in zip(values, reference.map { Double($0) }) {
    difference += (Double(a) - b) * (Double(a) - b)
    norm += b * b
  }
  return norm > 0 ? (difference / norm).squareRoot() : difference.squareRoot()
}
