// swift-format-ignore-file: AlwaysUseLowerCamelCase
// X  [tokens, d]   input              u = LayerNorm(X)
// V  [m, d]        dictionary, the atoms as rows, m = 4d      η, λ  step size, sparsity penalty
// z₁ = max(0, η·u·Vᵀ − ηλ)            first step, from zero   [tokens, m]
// r  = u − z₁·V                       residual of z₁
// z₂ = max(0, z₁ + η·r·Vᵀ − ηλ)       second step             [tokens, m]
// Y  = z₂·W (+ X)                     W = V, or a second dictionary

import Parallel

/// The decoding of an overcomplete code into the stream.
enum CodeDecoder: Sendable {
  /// By the dictionary itself, without a residual: CRATE-LM.
  case dictionary
  /// By a second dictionary and with a residual: CRATE-α.
  case ownDictionaryWithResidual
}

/// Two proximal steps towards a sparse code of `LayerNorm(X)` in a 4 times overcomplete dictionary,
/// decoded into the width of the stream.
///
/// The blocks of CRATE-LM (arXiv:2410.16443) and CRATE-α (arXiv:2405.20299).
struct OvercompleteISTA: Sublayer {
  /// The atoms of the dictionary for each coordinate of the stream, C.
  static let overcompleteness = 4

  let sparseRole: ActivationRole? = .code
  private let norm: SublayerNorm
  private let dictionary: Weight
  /// The dictionary that decodes: `dictionary` or a second one.
  private let decoder: Weight
  private let hasResidual: Bool
  private let dropout: Dropout
  private let input: ActivationID
  private let firstCode: ActivationID
  private let unexplained: ActivationID
  private let code: ActivationID
  private let codeGradient: ActivationID
  private let firstCodeGradient: ActivationID
  private let unexplainedGradient: ActivationID
  private let stepSize: Float
  private let sparsityPenalty: Float

  init(_ declarations: inout Declarations, decoder: CodeDecoder, norm design: NormDesign) {
    let configuration = declarations.configuration
    let (width, atoms) = (configuration.width, Self.overcompleteness * configuration.width)
    stepSize = configuration.stepSize
    sparsityPenalty = configuration.sparsityPenalty

    norm = SublayerNorm(&declarations, design: design)
    let initialization = Initialization.kaimingUniform(inputs: width)
    switch decoder {
    case .dictionary:
      dictionary = declarations.weight("dictionary", atoms, width, initialization, uses: 4)
      self.decoder = dictionary
      hasResidual = false
    case .ownDictionaryWithResidual:
      dictionary = declarations.weight("dictionary", atoms, width, initialization, uses: 3)
      self.decoder = declarations.weight("decode_dictionary", atoms, width, initialization)
      hasResidual = true
    }
    declarations.takeSteps(in: dictionary)
    dropout = Dropout(&declarations)
    input = declarations.name(.input, .vector(width: width))
    firstCode = declarations.activation(width: atoms, .kept, as: .firstCode)
    unexplained = declarations.activation(.tokens(width: width), .kept)
    code = declarations.activation(width: atoms, .kept, as: .code)
    codeGradient = declarations.activation(.tokens(width: atoms), .gradient)
    firstCodeGradient = declarations.activation(.tokens(width: atoms), .gradient)
    unexplainedGradient = declarations.activation(.tokens(width: width), .gradient)
  }

  func forward(_ pass: Pass, _ X: Matrix, into Y: Matrix) {
    let u = norm.input(pass, X)
    let (z1, r, z2) = (pass[firstCode], pass[unexplained], pass[code])
    let threshold = stepSize * sparsityPenalty
    let skip = hasResidual ? X : nil
    let residual = dropout.residual(pass, skip)
    pass.inSteps(
      of: X.rows,
      { norm.enter(pass, X, rows: $0) }, giving: (input, u),
      { rows in
        pass.multiply(
          u.rows(rows), by: dictionary, .transposed, into: z1.rows(rows), alpha: stepSize)
        Shrinkage.forward(z1.rows(rows), threshold: threshold)
      }, giving: (firstCode, z1),
      { rows in
        r.rows(rows).copy(from: u.rows(rows))
        pass.multiply(
          z1.rows(rows), by: dictionary, .plain, into: r.rows(rows), alpha: -1, beta: 1)
        z2.rows(rows).copy(from: z1.rows(rows))
        pass.multiply(
          r.rows(rows), by: dictionary, .transposed, into: z2.rows(rows), alpha: stepSize, beta: 1)
        Shrinkage.forward(z2.rows(rows), threshold: threshold)
      }, giving: (code, z2),
      { rows in
        if let residual { Y.rows(rows).copy(from: residual.rows(rows)) }
        pass.multiply(
          z2.rows(rows), by: decoder, .plain, into: Y.rows(rows), beta: residual == nil ? 0 : 1)
        dropout.forward(pass, Y, residual: skip, rows: rows)
      })
  }

  func backward(
    _ pass: Pass, X: Matrix, Y: Matrix, dY: Matrix, into dX: Matrix, gradients: Parameters
  ) {
    let (V, W) = (pass.parameters[dictionary], pass.parameters[decoder])
    let u = norm.input(pass, X)
    let (z1, z2) = (pass[firstCode], pass[code])
    let (da, db) = (pass[codeGradient], pass[firstCodeGradient])
    let dr = pass[unexplainedGradient]
    // Y = F (+ X), F = z₂·W; dX is free until the last step
    let dF = dropout.gradient(pass, of: dY, orIn: dX)
    pass.forEachBlock(of: X.rows) { rows, _ in
      norm.enter(pass, X, rows: rows)
      dropout.backward(pass, dY, into: dF, rows: rows)
      // z₂ = max(0, a), a = z₁ + η·r·Vᵀ − ηλ
      pass.multiply(dF.rows(rows), .plain, W, .transposed, into: da.rows(rows))
      Shrinkage.backward(da.rows(rows), z2.rows(rows))
      pass.multiply(da.rows(rows), .plain, V, .plain, into: dr.rows(rows), alpha: stepSize)
      // z₁ = max(0, b), b = η·u·Vᵀ − ηλ; z₁ is in a and in r
      db.rows(rows).copy(from: da.rows(rows))
      pass.multiply(dr.rows(rows), .plain, V, .transposed, into: db.rows(rows), alpha: -1, beta: 1)
      Shrinkage.backward(db.rows(rows), z1.rows(rows))
    }
    addDictionaryGradients(pass, dF: dF, u: u, to: gradients)
    // u is in r and in b; dr takes du
    let du = dr
    pass.forEachBlock(of: X.rows) { rows, block in
      pass.multiply(
        db.rows(rows), .plain, V, .plain, into: du.rows(rows), alpha: stepSize, beta: 1)
      norm.enterBackward(
        pass, du, X: X, skip: hasResidual ? dY : nil, into: dX, rows: rows, block: block)
    }
    norm.addParts(pass, to: gradients)
  }

  /// `dW += z₂ᵀ·dF` and `dV += η·daᵀ·r − z₁ᵀ·dr + η·dbᵀ·u`, in tasks by atoms.
  private func addDictionaryGradients(
    _ pass: Pass, dF: Matrix, u: Matrix, to gradients: Parameters
  ) {
    let (dV, dW) = (gradients[dictionary], gradients[decoder])
    let (z1, r, z2) = (pass[firstCode], pass[unexplained], pass[code])
    let (da, db) = (pass[codeGradient], pass[firstCodeGradient])
    let dr = pass[unexplainedGradient]
    pass.addTransposedProduct(z2, dF, to: dW)
    pass.addTransposedProduct(da, r, to: dV, alpha: stepSize)
    pass.addTransposedProduct(z1, dr, to: dV, alpha: -1)
    pass.addTransposedProduct(db, u, to: dV, alpha: stepSize)
  }
}
