/// Keeps some rows of some activations of passes.
final class RowRecorder: Instruments, @unchecked Sendable {
  let observesActivations = true
  /// The rows kept so far, of all passes, by the names of activations.
  private(set) var kept: [String: [[Float]]] = [:]
  /// The rows to keep of a pass.
  var rows: [Int] = []
  private let names: Set<String>

  init(_ names: Set<String>) { self.names = names }

  func produced(_ name: ActivationName, _ values: Matrix) {
    let name = name.description
    guard names.contains(name) else { return }
    for row in rows {
      kept[name, default: []].append((0..<values.columns).map { values[row][$0] })
    }
  }

  /// Row `index` of those kept of `name`, in double precision.
  func row(_ name: String, _ index: Int) -> [Double] {
    kept[name].map { $0[index].map(Double.init) } ?? []
  }
}
