// swift-format-ignore-file: AlwaysUseLowerCamelCase
// X  [tokens, d]  input            u = LayerNorm(X)
// D  [d, d]       dictionary       η, λ  step size and sparsity penalty
// M = I + η(D − DᵀD)               u + η(u − uDᵀ)D = u·M
// Y = max(0, u·M − ηλ)

import Parallel

/// One proximal step towards a sparse code of `LayerNorm(X)` in a complete dictionary, without a
/// residual.
///
/// The block of CRATE-GPT (Yu and others 2023, arXiv:2311.13110, eq. ISTA). The step is affine
/// before its threshold, so its two products with the dictionary fold into one product with `M`,
/// computed once per update of the parameters.
struct ISTA: Sublayer {
  let outputRole = ActivationRole.code
  let sparseRole: ActivationRole? = .code
  private let norm: SublayerNorm
  private let dropout: Dropout
  private let dictionary: Weight
  private let stepMatrix: Weight
  private let input: ActivationID
  private let codeGradient: ActivationID
  private let foldScratch: Slot
  /// `u − uDᵀ`, for a model that is not folded.
  private let residual: ActivationID
  private let stepSize: Float
  private let sparsityPenalty: Float

  init(_ declarations: inout Declarations, norm design: NormDesign) {
    let configuration = declarations.configuration
    let width = configuration.width
    stepSize = configuration.stepSize
    sparsityPenalty = configuration.sparsityPenalty

    norm = SublayerNorm(&declarations, design: design)
    dictionary = declarations.weight(
      "dictionary", width, width, .kaimingUniform(inputs: width), packing: .none, uses: 0)
    declarations.takeSteps(in: dictionary)
    stepMatrix = declarations.foldedWeight(width, width)
    foldScratch = declarations.foldedScratch(width, width)
    dropout = Dropout(&declarations)
    input = declarations.name(.input, .vector(width: width))
    residual = declarations.activation(.tokens(width: width), .inference)
    codeGradient = declarations.activation(.tokens(width: width), .gradient)
  }

  func fold(_ parameters: Parameters) {
    let D = parameters[dictionary]
    let M = parameters[stepMatrix]
    M.copy(from: D)
    multiply(D, .transposed, D, .plain, into: M, alpha: -stepSize, beta: stepSize)
    for index in 0..<M.rows { M[index][index] += 1 }
  }

  func forward(_ pass: Pass, _ X: Matrix, into Y: Matrix) {
    let u = norm.input(pass, X)
    pass.inSteps(
      of: X.rows,
      { norm.enter(pass, X, rows: $0) }, giving: (input, u),
      { rows in
        step(pass, u, into: Y, rows: rows)
        Shrinkage.forward(Y.rows(rows), threshold: stepSize * sparsityPenalty)
        dropout.forward(pass, Y, rows: rows)
      })
  }

  /// `A = u·M`, or `u + η(u − uDᵀ)D` while the model is not folded.
  private func step(_ pass: Pass, _ u: Matrix, into A: Matrix, rows: Range<Int>) {
    let (u, A) = (u.rows(rows), A.rows(rows))
    guard !pass.isFolded else {
      return pass.multiply(u, by: stepMatrix, .plain, into: A)
    }
    let r = pass[residual].rows(rows)
    r.copy(from: u)
    pass.multiply(u, by: dictionary, .transposed, into: r, alpha: -1, beta: 1)
    A.copy(from: u)
    pass.multiply(r, by: dictionary, .plain, into: A, alpha: stepSize, beta: 1)
  }

  func backward(
    _ pass: Pass, X: Matrix, Y: Matrix, dY: Matrix, into dX: Matrix, gradients: Parameters
  ) {
    let M = pass.parameters[stepMatrix]
    let u = norm.input(pass, X)
    let (du, da) = (pass[codeGradient], dY)
    pass.forEachBlock(of: X.rows) { rows, block in
      norm.enter(pass, X, rows: rows)
      // Y is 0 where the step is and where dropout made it so.
      Shrinkage.backward(da.rows(rows), Y.rows(rows))
      dropout.scaleBackward(pass, da.rows(rows))
      pass.multiply(da.rows(rows), .plain, M, .transposed, into: du.rows(rows))
      norm.enterBackward(pass, du, X: X, skip: nil, into: dX, rows: rows, block: block)
    }
    norm.addParts(pass, to: gradients)
    pass.addTransposedProduct(u, da, to: gradients[stepMatrix])
  }

  /// `dD = η(dM − D(dM + dMᵀ))`, the derivative of `M` applied to its gradient.
  func unfold(_ parameters: Parameters, gradients: Parameters) {
    let D = parameters[dictionary]
    let (dD, dM) = (gradients[dictionary], gradients[stepMatrix])
    let symmetric = gradients.folded[foldScratch]
    for row in 0..<dM.rows {
      for column in 0..<dM.columns {
        symmetric[row][column] = dM[row][column] + dM[column][row]
        dD[row][column] += stepSize * dM[row][column]
      }
    }
    multiply(D, .plain, symmetric, .plain, into: dD, alpha: -stepSize, beta: 1)
  }
}
