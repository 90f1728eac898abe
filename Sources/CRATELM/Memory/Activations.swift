/// The number of an activation in the list of its model.
package struct ActivationID: Hashable, Sendable {
  let index: Int
}

/// How long an activation is needed.
enum Lifetime: Sendable {
  /// Until the backward pass; without one, as long as its operator runs.
  case kept
  /// As long as its operator runs.
  case passing
  /// As long as the backward pass of its operator runs.
  case gradient
  /// As long as its operator runs, where there is no backward pass.
  case inference
  /// From the operator that writes it to the one that reads it, and until the backward pass.
  case stream
}

/// The shape of an activation, as far as the model decides it.
enum Extent: Sendable {
  /// A vector for each token, `[tokens, width]`.
  case tokens(width: Int)
  /// Some numbers for each token, `[rows, tokens]`.
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

  /// Whether its rows are those of the tokens.
  var hasTokenRows: Bool { if case .tokens = self { true } else { false } }
}

/// Shape, purpose and thread count, which decide where activations lie.
struct Placement: Sendable {
  let shape: BatchShape
  let purpose: Purpose
  let workerCount: Int
}

/// What a model computes between its parameters and its loss: declared once, in the order of its
/// operators, and placed in memory for each shape by a ``Workspace``.
struct ActivationList: Sendable {
  struct Declaration: Sendable {
    let extent: Extent
    let lifetime: Lifetime
    /// The operator during which it lives; `nil` for one that is shared by all.
    let scope: Int?
  }

  private(set) var declarations: [Declaration] = []
  private var scope: Int?
  private var scopeCount = 0

  mutating func declare(_ extent: Extent, _ lifetime: Lifetime) -> ActivationID {
    declarations.append(Declaration(extent: extent, lifetime: lifetime, scope: scope))
    return ActivationID(index: declarations.count - 1)
  }

  /// The operator that declares from now on, until ``endOperator()``.
  mutating func beginOperator() {
    scope = scopeCount
    scopeCount += 1
  }

  mutating func endOperator() { scope = nil }
}
