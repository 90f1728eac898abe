// swift-format-ignore-file: AlwaysUseLowerCamelCase
// H  [predictions, width]   outputs of the last layer at predicted positions
// F = H·Wᵀ + b              G = GELU(F)                  Y = LayerNorm(G)

import Parallel

/// The map of a masked model between its last layer and the product with its embeddings, at
/// predicted positions: the head of BERT (Devlin and others 2019, arXiv:1810.04805).
struct MaskedHead: Sendable {
  private let transform: Dense
  private let norm: TokenNorm
  private let transformed: ActivationID
  private let activated: ActivationID
  private let output: ActivationID

  private static let activation = Activation.gelu
  private static let epsilon: Float = 1e-12

  init(_ declarations: inout Declarations) {
    let width = declarations.configuration.width
    transform = Dense(
      &declarations, name: "transform", hasBias: true, inputs: width, outputs: width,
      deviation: ModelConfiguration.deviation)
    norm = TokenNorm(&declarations, name: "norm", epsilon: Self.epsilon)
    transformed = declarations.activation(.tokens(width: width), .passing)
    activated = declarations.activation(.tokens(width: width), .passing)
    output = declarations.activation(.tokens(width: width), .passing)
  }

  /// `Y`, valid until the next call.
  func forward(_ pass: Pass, _ H: Matrix) -> Matrix {
    let (F, G, Y) = (
      pass[transformed].rows(0..<H.rows), pass[activated].rows(0..<H.rows),
      pass[output].rows(0..<H.rows)
    )
    pass.forEachBlock(of: H.rows) { rows, _ in
      transform.forward(pass, H.rows(rows), into: F.rows(rows))
      Self.activation.forward(F.rows(rows), into: G.rows(rows))
      norm.forward(pass, G, into: Y, rows: rows)
    }
    return Y
  }

  /// Replaces `dY` by the gradient of `H` and adds the parameters' gradients.
  func backward(_ pass: Pass, _ H: Matrix, _ dY: Matrix, gradients: Parameters) {
    let (F, G) = (
      pass[transformed].rows(0..<H.rows), pass[activated].rows(0..<H.rows)
    )
    // Y is no longer needed and takes dF.
    let dF = pass[output].rows(0..<H.rows)
    pass.forEachBlock(of: H.rows) { rows, block in
      norm.backward(pass, dY, G, skip: nil, into: dF, rows: rows, block: block)
      Self.activation.backward(F.rows(rows), dF.rows(rows))
      transform.backward(pass, dF.rows(rows), into: dY.rows(rows), block: block)
    }
    transform.addGradients(pass, dF, H, to: gradients)
    norm.addParts(pass, ofRows: H.rows, to: gradients)
  }
}
