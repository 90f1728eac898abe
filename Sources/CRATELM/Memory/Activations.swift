/// The index of an activation in the list of its model.
package struct ActivationID: Hashable, Sendable {
  let index: Int
}

/// The time for which an activation is needed.
enum Lifetime: Sendable {
  /// Until the backward pass; in inference, while its operator runs.
  case kept
  /// While its operator runs.
  case passing
  /// While the backward pass of its operator runs; no memory in inference.
  case gradient
  /// While its operator runs in inference; no memory in training.
  case inference
  /// From its writer to its reader, the next operator, and until the backward pass.
  case stream
}

/// The shape of an activation, per token or block of tokens.
enum Extent: Sendable {
  /// A vector for each token, `[tokens, width]`.
  case tokens(width: Int)
  /// A few floats for each token, `[rows, tokens]`.
  case perToken(rows: Int)
  /// A vector for each block of tokens, `[blocks, width]`.
  case blocks(width: Int)
  /// No memory.
  case nothing
  /// Dimensions computed from the placement.
  case of(@Sendable (Placement) -> (rows: Int, columns: Int))

  func dimensions(_ placement: Placement) -> (rows: Int, columns: Int) {
    let tokens = placement.shape.tokens
    return switch self {
    case .tokens(let width): (tokens, width)
    case .perToken(let rows): (rows, tokens)
    case .blocks(let width): (TokenBlock.count(ofRows: tokens), width)
    case .nothing: (0, 0)
    case .of(let function): function(placement)
    }
  }

  /// Whether it has a row for each token.
  var hasTokenRows: Bool { if case .tokens = self { true } else { false } }
}

/// The circumstances that decide the memory layout of activations.
struct Placement: Sendable {
  let shape: BatchShape
  let purpose: Purpose
  let workerCount: Int
}

/// The activations of a model: declared once, in the order of its operators, and placed in memory
/// for each shape by a ``Workspace``.
struct ActivationList: Sendable {
  struct Declaration: Sendable {
    let extent: Extent
    let lifetime: Lifetime
    /// The index of its operator; `nil` for an activation shared by all operators.
    let scope: Int?
  }

  private(set) var declarations: [Declaration] = []
  private var scope: Int?
  private var scopeCount = 0

  mutating func declare(_ extent: Extent, _ lifetime: Lifetime) -> ActivationID {
    declarations.append(Declaration(extent: extent, lifetime: lifetime, scope: scope))
    return ActivationID(index: declarations.count - 1)
  }

  /// Assigns the next declarations to a new operator, until ``endOperator()``.
  mutating func beginOperator() {
    scope = scopeCount
    scopeCount += 1
  }

  mutating func endOperator() { scope = nil }
}
