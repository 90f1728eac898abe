/// A value for every parameter of a model and for what is folded from them: θ, or a gradient of it.
package final class Parameters: Sendable {
  /// θ.
  package let values: Buffer
  /// What the sublayers derive from θ once per update.
  package let folded: Buffer

  init(_ plan: Plan) throws(OutOfMemory) {
    values = try Buffer(plan.parameters)
    folded = try Buffer(plan.folded)
  }

  /// Sets every value to zero.
  package func clear() {
    values.clear()
    folded.clear()
  }
}
